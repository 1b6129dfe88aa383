/* What can be done with a tree once it stands. */
#include "experiment/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct tree_node *experiment_tree_get(const struct tree_node *mapping, const char *key)
{
    for (size_t i = 0; mapping != NULL && mapping->kind == TREE_MAPPING && i < mapping->n; i++)
        if (strcmp(mapping->keys[i]->text, key) == 0)
            return mapping->items[i];
    return NULL;
}

struct tree_node *experiment_tree_frame(struct base_arena *arena, const struct tree_node *like, size_t n,
                                        struct base_error *error)
{
    struct tree_node *node = base_arena_take(arena, 1, sizeof *node, error);
    if (node == NULL)
        return NULL;
    *node = *like;
    node->n = 0;
    node->keys = base_arena_take(arena, n, sizeof *node->keys, error);
    node->items = base_arena_take(arena, n, sizeof *node->items, error);
    return node->keys == NULL || node->items == NULL ? NULL : node;
}

void experiment_tree_append(struct tree_node *mapping, struct tree_node *key, struct tree_node *item)
{
    mapping->keys[mapping->n] = key;
    mapping->items[mapping->n] = item;
    mapping->n++;
}

void experiment_tree_mark(struct tree_node *node, enum tree_layer layer)
{
    node->layer = layer;
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == TREE_MAPPING)
            node->keys[i]->layer = layer;
        experiment_tree_mark(node->items[i], layer);
    }
}

int experiment_tree_fail(struct base_error *error, const struct tree_node *at, const char *key,
                         const char *format, ...)
{
    char message[1024], place[64] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (at->line > 0)
        snprintf(place, sizeof place, ":%zu:%zu", at->line, at->column);
    const char *within = key != NULL && at->layer == TREE_QUICK ? "quick." : "";
    return base_fail(error, BASE_BAD_INPUT, "%.500s%s: %s%.300s%s%s", at->origin, place, within,
                     key != NULL ? key : "", key != NULL ? ": " : "", message);
}

const char *experiment_tree_show(const char *text, char shown[TREE_SHOWN])
{
    size_t n = strnlen(text, TREE_SHOWN - 20), length = n;
    while (text[n] != '\0' && length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--; /* not through the middle of a character */
    for (size_t i = 0; i < length; i++)
        shown[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7F ? '?' : text[i];
    memcpy(shown + length, text[n] != '\0' ? "..." : "", text[n] != '\0' ? 4 : 1);
    return shown;
}
