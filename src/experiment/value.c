#include "experiment/value.h"

#include "base/nearest.h"
#include "base/number.h"

#include <string.h>

/* "what stands there" is not "what is right". */
static int refuse(const struct experiment_context *context, const struct experiment_key *key,
                  const char *path, const struct tree_node *node)
{
    static const char *const kinds[] = {"", "a list", "a mapping"};
    const char *const other[] = {key->word_of_0, NULL};
    char shown[TREE_SHOWN], guess[BASE_GUESS];
    bool number =
        key->type != KEY_TEXT && key->type != KEY_WORD && key->type != KEY_WORDS && key->type != KEY_STAGES;
    if (node->kind == TREE_LIST && experiment_key_stands(key, SECTION_SWEEP))
        return experiment_tree_fail(context->error, node, path,
                                    "a list is not %s; to vary it, write sweep: {%s: [...]}", key->right,
                                    experiment_key_name(key));
    if (node->kind != TREE_SCALAR)
        return experiment_tree_fail(context->error, node, path, "%s is not %s", kinds[node->kind],
                                    key->right);
    if (*node->text == '\0' && !node->quoted)
        return experiment_tree_fail(context->error, node, path, "the value is missing; write %s", key->right);
    experiment_tree_show(node->text, shown);
    if (number && node->quoted)
        return experiment_tree_fail(context->error, node, path, "\"%s\" in quotes is text, not %s", shown,
                                    key->right);
    base_guess(node->text, key->words != NULL ? key->words : other, guess);
    return experiment_tree_fail(context->error, node, path, "\"%s\" is not %s%s", shown, key->right, guess);
}

static bool on_one_line(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c < ' ' || *c == 0x7F || (c[0] == 0xC2 && c[1] < 0xA0) || /* C1 controls, U+2028 and U+2029 */
            (c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9)))
            return false;
    return *text != '\0';
}

/* The word's index; -1: not one of them. */
static int64_t find_word(const char *const *words, const char *text)
{
    for (int64_t i = 0; words != NULL && words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static int ask_vocabulary(const struct experiment_context *context, const struct experiment_key *key,
                          const char *path, const struct tree_node *node)
{
    struct base_error why = {""};
    int status = BASE_OK;
    if (key->vocabulary == KEY_IS_ACTIVATION)
        status = context->vocabulary->check_activation(node->text, &why);
    if (key->vocabulary == KEY_IS_MEASURE)
        status = context->vocabulary->check_measure(node->text, &why);
    if (status == BASE_OK)
        return BASE_OK;
    experiment_tree_fail(context->error, node, path, "%s", why.text);
    return status;
}

static int parse_text(const struct experiment_context *context, const struct experiment_key *key,
                      const char *path, const struct tree_node *node, struct experiment_value *value)
{
    bool missing = *node->text == '\0' && !node->quoted;
    bool too_long = strlen(node->text) > (uint64_t)key->most;
    if (missing || too_long || (key->one_line && !on_one_line(node->text)))
        return refuse(context, key, path, node);
    value->text = node->text;
    return ask_vocabulary(context, key, path, node);
}

static int parse_word(const struct experiment_context *context, const struct experiment_key *key,
                      const char *path, const struct tree_node *node, struct experiment_value *value)
{
    value->text = node->text;
    value->integer = find_word(key->words, node->text);
    return value->integer >= 0 ? BASE_OK : refuse(context, key, path, node);
}

static int parse_number(const struct experiment_context *context, const struct experiment_key *key,
                        const char *path, const struct tree_node *node, struct experiment_value *value)
{
    size_t bytes = 0;
    bool good = !node->quoted;
    switch (key->type) {
    case KEY_INTEGER:
        if (good && key->word_of_0 != NULL && strcmp(node->text, key->word_of_0) == 0)
            break;
        good = good && base_parse_int64(node->text, &value->integer) && value->integer >= key->least &&
               value->integer <= key->most;
        break;
    case KEY_BYTES:
        good = good && base_parse_bytes(node->text, &bytes) && bytes >= (uint64_t)key->least;
        value->integer = (int64_t)bytes;
        break;
    default:
        good = good && base_parse_double(node->text, &value->real) &&
               (key->positive ? value->real > 0 : value->real >= 0) && (!key->below_1 || value->real < 1);
        value->real += 0.0; /* -0 becomes 0: one value, one text in the definition */
    }
    return good ? BASE_OK : refuse(context, key, path, node);
}

static int parse_reals(const struct experiment_context *context, const struct experiment_key *key,
                       const char *path, const struct tree_node *node, struct experiment_value *value)
{
    struct experiment_key entry = *key;
    entry.right = "a number above 0";
    value->n = node->n;
    value->reals = base_arena_take(context->arena, node->n, sizeof *value->reals, context->error);
    if (value->reals == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < node->n; i++) {
        struct experiment_value one = {.text = ""};
        int status = node->items[i]->kind == TREE_SCALAR
                         ? parse_number(context, &entry, path, node->items[i], &one)
                         : refuse(context, &entry, path, node->items[i]);
        if (status != BASE_OK)
            return status;
        value->reals[i] = one.real;
    }
    return BASE_OK;
}

static int parse_integers(const struct experiment_context *context, const struct experiment_key *key,
                          const char *path, const struct tree_node *node, struct experiment_value *value)
{
    struct experiment_key entry = *key;
    struct experiment_value *values;
    entry.type = KEY_INTEGER;
    entry.right = "a whole number";
    int status = experiment_value_list(context, &entry, path, node, &values);
    if (status != BASE_OK)
        return status;
    value->n = node->n;
    value->integers = base_arena_take(context->arena, node->n, sizeof *value->integers, context->error);
    if (value->integers == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < node->n; i++)
        value->integers[i] = values[i].integer;
    return BASE_OK;
}

static int parse_words(const struct experiment_context *context, const struct experiment_key *key,
                       const char *path, const struct tree_node *node, struct experiment_value *value)
{
    struct experiment_key entry = *key;
    struct experiment_value *values;
    entry.type = key->words != NULL ? KEY_WORD : KEY_TEXT;
    entry.most = INT64_MAX;
    int status = experiment_value_list(context, &entry, path, node, &values);
    if (status != BASE_OK)
        return status;
    value->n = node->n;
    value->texts = base_arena_take(context->arena, node->n, sizeof *value->texts, context->error);
    if (value->texts == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < node->n; i++)
        value->texts[i] = values[i].text;
    return BASE_OK;
}

int experiment_value_parse(const struct experiment_context *context, const struct experiment_key *key,
                           const char *path, const struct tree_node *node, struct experiment_value *value)
{
    bool list = experiment_key_is_list(key);
    *value = (struct experiment_value){.set = true, .node = node, .path = path, .text = ""};
    if (node->kind != (list ? TREE_LIST : TREE_SCALAR))
        return refuse(context, key, path, node);
    if (list && node->n == 0 && !key->may_be_empty)
        return experiment_tree_fail(context->error, node, path, "the list is empty; write %s", key->right);
    switch (key->type) {
    case KEY_TEXT: return parse_text(context, key, path, node, value);
    case KEY_WORD: return parse_word(context, key, path, node, value);
    case KEY_REALS: return parse_reals(context, key, path, node, value);
    case KEY_INTEGERS: return parse_integers(context, key, path, node, value);
    case KEY_WORDS: return parse_words(context, key, path, node, value);
    case KEY_STAGES: return experiment_value_stages(context, path, node, value);
    default: return parse_number(context, key, path, node, value);
    }
}

int experiment_value_default(const struct experiment_context *context, const struct experiment_key *key,
                             struct experiment_value *value)
{
    *value = (struct experiment_value){.path = key->path, .text = ""};
    if (key->fallback == NULL)
        return BASE_OK;
    struct experiment_key lenient = *key;
    struct tree_node *node;
    lenient.may_be_empty = true;
    int status = experiment_tree_parse(context->arena, "default", false, key->fallback, strlen(key->fallback),
                                       &node, context->error);
    if (status == BASE_OK)
        status = experiment_value_parse(context, &lenient, key->path, node, value);
    value->node = NULL;
    return status;
}
