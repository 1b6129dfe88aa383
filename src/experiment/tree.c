#include "experiment/tree.h"

#include <stdint.h>
#include <string.h>
#include <yaml.h>

/* What an experiment file needs is 5 deep with at most some 20 keys; the limits keep hostile input cheap. */
enum { MAX_NESTING = 16, MAX_KEYS = 100 };

struct reader {
    yaml_parser_t parser;
    struct base_arena *arena;
    const char *origin, *text;
    bool in_file;
    struct base_error *error;
};

static void place(const struct reader *reader, const yaml_mark_t *mark, struct tree_node *node)
{
    node->origin = reader->origin;
    node->line = reader->in_file ? mark->line + 1 : 0;
    node->column = reader->in_file ? mark->column + 1 : 0;
}

/* For bytes that are no text libyaml gives an offset in place of a line. */
static yaml_mark_t mark_offset(const char *text, size_t offset)
{
    yaml_mark_t mark = {.index = offset};
    for (size_t i = 0; i < offset; i++) {
        mark.line += text[i] == '\n';
        mark.column = text[i] == '\n' ? 0 : mark.column + (((unsigned char)text[i] & 0xC0) != 0x80);
    }
    return mark;
}

/* The byte at a place that libyaml names by line and column, of characters. */
static char byte_at(const char *text, const yaml_mark_t *mark)
{
    for (size_t line = 0; line < mark->line && *text != '\0'; text++)
        line += *text == '\n';
    for (size_t column = 0; column < mark->column && *text != '\0'; column++)
        do
            text++;
        while (((unsigned char)*text & 0xC0) == 0x80);
    return *text;
}

static int fail_syntax(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return base_fail(reader->error, BASE_FAILED, "out of memory while reading %.500s", reader->origin);
    struct tree_node at = {.layer = TREE_FILE};
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_READER_ERROR)
        mark = mark_offset(reader->text, parser->problem_offset);
    place(reader, &mark, &at);
    if (parser->error == YAML_SCANNER_ERROR && byte_at(reader->text, &mark) == '\t')
        return experiment_tree_fail(reader->error, &at, NULL, "not valid YAML: a tab; use spaces");
    const char *context = parser->context != NULL ? parser->context : "";
    return experiment_tree_fail(reader->error, &at, NULL, "not valid YAML%s%s: %s", *context ? " " : "",
                                context, parser->problem != NULL ? parser->problem : "it cannot be read");
}

static int next_event(struct reader *reader, yaml_event_t *event)
{
    return yaml_parser_parse(&reader->parser, event) ? BASE_OK : fail_syntax(reader);
}

/* What YAML has and an experiment file does not. */
static int refuse_decoration(const struct reader *reader, const struct tree_node *at,
                             const yaml_char_t *anchor, const yaml_char_t *tag)
{
    char shown[TREE_SHOWN];
    if (anchor != NULL)
        return experiment_tree_fail(reader->error, at, NULL,
                                    "the anchor &%s is not allowed; write the value without it, or in quotes",
                                    experiment_tree_show((const char *)anchor, shown));
    if (tag != NULL)
        return experiment_tree_fail(reader->error, at, NULL,
                                    "the tag %s is not allowed; write the value without it, or in quotes",
                                    experiment_tree_show((const char *)tag, shown));
    return BASE_OK;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, struct tree_node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(text, '\0', length) != NULL)
        return experiment_tree_fail(reader->error, node, NULL, "text must not hold the NUL character \\0");
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = base_arena_copy(reader->arena, text, length, reader->error);
    if (node->text == NULL)
        return BASE_FAILED;
    return refuse_decoration(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
}

static int read_node(struct reader *reader, const yaml_event_t *event, int nesting, struct tree_node **out);

/* Grows by doubling: `n` a power of two means full. */
static int push(struct reader *reader, struct tree_node *node, struct tree_node *item)
{
    if ((node->n & (node->n - 1)) == 0) {
        size_t room = node->n == 0 ? 1 : 2 * node->n;
        struct tree_node **items =
            base_arena_take(reader->arena, room, sizeof(struct tree_node *), reader->error);
        if (items == NULL)
            return BASE_FAILED;
        if (node->n > 0)
            memcpy(items, node->items, node->n * sizeof *items);
        node->items = items;
    }
    node->items[node->n++] = item;
    return BASE_OK;
}

/* All up to the end of a list, or of a mapping, whose keys and values alternate. */
static int read_items(struct reader *reader, int nesting, struct tree_node *node)
{
    for (;;) {
        yaml_event_t event;
        int status = next_event(reader, &event);
        if (status != BASE_OK)
            return status;
        struct tree_node *item = NULL;
        bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (!end)
            status = read_node(reader, &event, nesting + 1, &item);
        yaml_event_delete(&event);
        if (!end && status == BASE_OK)
            status = push(reader, node, item);
        if (end || status != BASE_OK)
            return status;
    }
}

static int check_key(const struct reader *reader, const struct tree_node *mapping,
                     const struct tree_node *key)
{
    char shown[TREE_SHOWN];
    if (key->kind != TREE_SCALAR)
        return experiment_tree_fail(reader->error, key, NULL, "a %s stands where a key must be: a plain word",
                                    key->kind == TREE_LIST ? "list" : "mapping");
    for (size_t i = 0; i < mapping->n; i++) {
        const struct tree_node *first = mapping->keys[i];
        if (strcmp(first->text, key->text) != 0)
            continue;
        experiment_tree_show(key->text, shown);
        if (!reader->in_file)
            return experiment_tree_fail(reader->error, key, shown, "the key stands twice; keep one");
        return experiment_tree_fail(reader->error, key, shown,
                                    "the key stands twice, in line %zu and in line %zu; keep one",
                                    first->line, key->line);
    }
    return BASE_OK;
}

/* From alternating keys and values to two arrays. */
static int pair_items(struct reader *reader, struct tree_node *mapping)
{
    struct tree_node **flat = mapping->items;
    size_t n = mapping->n / 2;
    if (n > MAX_KEYS)
        return experiment_tree_fail(reader->error, mapping, NULL,
                                    "%zu keys in one mapping; at most %d are allowed", n, MAX_KEYS);
    mapping->n = 0;
    mapping->keys = base_arena_take(reader->arena, n, sizeof *mapping->keys, reader->error);
    mapping->items = base_arena_take(reader->arena, n, sizeof *mapping->items, reader->error);
    if (mapping->keys == NULL || mapping->items == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < n; i++) {
        int status = check_key(reader, mapping, flat[2 * i]);
        if (status != BASE_OK)
            return status;
        experiment_tree_append(mapping, flat[2 * i], flat[2 * i + 1]);
    }
    return BASE_OK;
}

static int read_node(struct reader *reader, const yaml_event_t *event, int nesting, struct tree_node **out)
{
    int status = BASE_OK;
    struct tree_node *node = base_arena_take(reader->arena, 1, sizeof *node, reader->error);
    if (node == NULL)
        return BASE_FAILED;
    place(reader, &event->start_mark, node);
    *out = node;
    if (nesting > MAX_NESTING)
        return experiment_tree_fail(reader->error, node, NULL, "nested more than %d deep", MAX_NESTING);
    switch (event->type) {
    case YAML_SCALAR_EVENT: return read_scalar(reader, event, node);
    case YAML_SEQUENCE_START_EVENT:
        node->kind = TREE_LIST;
        TRY(refuse_decoration(reader, node, event->data.sequence_start.anchor,
                              event->data.sequence_start.tag));
        TRY(read_items(reader, nesting, node));
        break;
    case YAML_MAPPING_START_EVENT:
        node->kind = TREE_MAPPING;
        TRY(refuse_decoration(reader, node, event->data.mapping_start.anchor, event->data.mapping_start.tag));
        TRY(read_items(reader, nesting, node));
        TRY(pair_items(reader, node));
        break;
    default: /* only an alias can be left */
        return experiment_tree_fail(
            reader->error, node, NULL,
            "an alias (*name) is not allowed; write the value itself, or text in quotes");
    }
out:
    return status;
}

/* The stream's events in order: start, document start, the root, document end, and nothing more. */
static int read_document(struct reader *reader, struct tree_node **root)
{
    bool seen = false;
    for (;;) {
        yaml_event_t event;
        int status = next_event(reader, &event);
        if (status != BASE_OK)
            return status;
        yaml_event_type_t type = event.type;
        struct tree_node at = {.layer = TREE_FILE};
        place(reader, &event.start_mark, &at);
        if (type == YAML_DOCUMENT_START_EVENT && seen)
            status = experiment_tree_fail(reader->error, &at, NULL,
                                          "a second document starts here; one experiment a file");
        else if (type == YAML_STREAM_END_EVENT && !seen)
            status = experiment_tree_fail(reader->error, &at, NULL, "nothing stands here; %s",
                                          reader->in_file ? "write an experiment" : "write --set KEY=VALUE");
        else if (type == YAML_DOCUMENT_START_EVENT)
            seen = true;
        else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_END_EVENT &&
                 type != YAML_STREAM_END_EVENT)
            status = read_node(reader, &event, 1, root);
        yaml_event_delete(&event);
        if (status != BASE_OK || type == YAML_STREAM_END_EVENT)
            return status;
    }
}

int experiment_tree_parse(struct base_arena *arena, const char *origin, bool in_file, const char *text,
                          size_t length, struct tree_node **root, struct base_error *error)
{
    struct reader reader = {
        .arena = arena, .origin = origin, .text = text, .in_file = in_file, .error = error};
    if (!yaml_parser_initialize(&reader.parser))
        return base_fail(error, BASE_FAILED, "out of memory while reading %.500s", origin);
    /* Not left to a guess from the first bytes: a byte order mark must not switch to UTF-16. */
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
    *root = NULL;
    int status = read_document(&reader, root);
    yaml_parser_delete(&reader.parser);
    return status;
}
