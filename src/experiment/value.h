/* From a node of the tree to a typed, checked value. */
#ifndef EXPERIMENT_VALUE_H
#define EXPERIMENT_VALUE_H

#include "experiment/keys.h"

/* What every step of the parsing needs. */
struct experiment_context {
    struct base_arena *arena;
    const struct experiment_vocabulary *vocabulary;
    struct base_error *error;
};

struct experiment_value {
    bool set;                     /* false: nobody gave it and it has no default */
    const struct tree_node *node; /* where it stands; NULL: it is the default */
    const char *path;             /* its key there, such as "cases.tanh.width" */
    int64_t integer;              /* integers, sizes, a word's index */
    double real;
    const char *text;                /* texts and words; "" otherwise */
    size_t n;                        /* lists */
    double *reals;                   /* (n) */
    int64_t *integers;               /* (n) */
    const char **texts;              /* (n) */
    struct experiment_stage *stages; /* (n) */
};

/* Checks a node against its key. path: the key where it stands. */
int experiment_value_parse(const struct experiment_context *context, const struct experiment_key *key,
                           const char *path, const struct tree_node *node, struct experiment_value *value);

/* A list of stages; value->n and ->stages. (stages.c) */
int experiment_value_stages(const struct experiment_context *context, const char *path,
                            const struct tree_node *node, struct experiment_value *value);

/* The key's default; not set where it has none. */
int experiment_value_default(const struct experiment_context *context, const struct experiment_key *key,
                             struct experiment_value *value);

/* The values (n of node) of a list under a key, each checked, of which no two are equal. */
int experiment_value_list(const struct experiment_context *context, const struct experiment_key *key,
                          const char *path, const struct tree_node *node, struct experiment_value **values);

/* BASE_BAD_INPUT where two of n values are equal. */
int experiment_value_distinct(const struct experiment_context *context, const struct experiment_value *values,
                              size_t n);

/* Orders values of one key; 0: they are equal. */
int experiment_value_compare(const struct experiment_value *a, const struct experiment_value *b);

#endif
