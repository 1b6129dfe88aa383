/* YAML text as a small tree that remembers where everything stood.
 *
 * A subset of YAML, on purpose: one document of plain or quoted scalars, lists and mappings. Anchors,
 * aliases, tags, duplicate keys, deep nesting and NUL bytes are BASE_BAD_INPUT with the place.
 */
#ifndef EXPERIMENT_TREE_H
#define EXPERIMENT_TREE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAPPING };

/* Who wrote it; a later one overrides an earlier one. */
enum tree_layer { TREE_FILE, TREE_QUICK, TREE_SET };

struct tree_node {
    enum tree_kind kind;
    enum tree_layer layer;
    bool quoted;              /* a scalar that is text whatever it looks like */
    const char *origin;       /* the file's path, or "--set KEY=VALUE" */
    size_t line, column;      /* from 1; 0: it does not stand in a file */
    const char *text;         /* a scalar's, without NUL bytes inside */
    size_t n;                 /* entries of a list or a mapping */
    struct tree_node **keys;  /* (n) a mapping's keys, all scalars and different */
    struct tree_node **items; /* (n) */
};

/* Parses `length` bytes. `in_file`: lines and columns mean something. The result lives in the arena. */
int experiment_tree_parse(struct base_arena *arena, const char *origin, bool in_file, const char *text,
                          size_t length, struct tree_node **root, struct base_error *error);

/* The value that stands under a key, or NULL. mapping: may be NULL. */
struct tree_node *experiment_tree_get(const struct tree_node *mapping, const char *key);

/* A copy of a node without its entries and room for `n` of them; NULL with a message. */
struct tree_node *experiment_tree_frame(struct base_arena *arena, const struct tree_node *like, size_t n,
                                        struct base_error *error);
void experiment_tree_append(struct tree_node *mapping, struct tree_node *key, struct tree_node *item);

/* Says of a node and all below it who wrote it. */
void experiment_tree_mark(struct tree_node *node, enum tree_layer layer);

/* Leaves "file:line:column: key: message" and returns BASE_BAD_INPUT. The key of what stands in quick is told
 * so. */
int experiment_tree_fail(struct base_error *error, const struct tree_node *at, const char *key,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The text for a message: clipped, on one line. Returns `shown`. */
enum { TREE_SHOWN = 100 };
const char *experiment_tree_show(const char *text, char shown[TREE_SHOWN]);

#endif
