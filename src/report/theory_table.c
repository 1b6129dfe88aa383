#include "report/theory_table.h"

#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t max_bytes = (size_t)64 << 20, first_bytes = (size_t)1 << 16;

static int refuse(struct base_error *error, const char *path, const char *why)
{
    return base_fail(error, BASE_BAD_INPUT, "%.500s: %s", path, why);
}

/* Twice the room, and a byte for the closing NUL. */
static int grow(char **text, size_t *room, struct base_error *error)
{
    const size_t wanted = *room == 0 ? first_bytes : 2 * *room;
    char *grown = realloc(*text, wanted + 1);
    if (grown == NULL)
        return base_fail(error, BASE_FAILED, "out of memory for a table of %zu bytes", wanted);
    *text = grown;
    *room = wanted;
    return BASE_OK;
}

static int read_stream(FILE *file, const char *path, char **text, size_t *length, struct base_error *error)
{
    int status = BASE_OK;
    size_t room = 0;
    *length = 0;
    do {
        TRY(grow(text, &room, error));
        errno = 0;
        *length += fread(*text + *length, 1, room - *length, file);
        if (ferror(file))
            TRY(refuse(error, path, strerror(errno)));
        if (*length > max_bytes)
            TRY(refuse(error, path, "larger than 64 MiB, which no table of predictions is"));
    } while (*length == room);
    (*text)[*length] = '\0';
out:
    return status;
}

static int read_file(const char *path, char **text, size_t *length, struct base_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return refuse(error, path, strerror(errno));
    const int status = read_stream(file, path, text, length, error);
    fclose(file); /* was only read */
    return status;
}

/* Tabs and line ends, "\n" or "\r\n", are the only control characters of a table. */
static int check_text(const char *path, const char *text, size_t length, struct base_error *error)
{
    size_t line = 1;
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool fits =
            (c >= ' ' && c != 0x7F) || c == '\t' || c == '\n' || (c == '\r' && text[i + 1] == '\n');
        if (!fits)
            return base_fail(error, BASE_BAD_INPUT, "%.500s:%zu: not a text: it holds the byte 0x%02x", path,
                             line, c);
        line += c == '\n';
    }
    return BASE_OK;
}

static size_t count_lines(const char *text)
{
    size_t n = 1;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        n++;
    return n;
}

/* Closes every cell with a NUL. */
static size_t cut_cells(char *line)
{
    size_t n = 1;
    for (char *tab = line; (tab = strchr(tab, '\t')) != NULL; n++)
        *tab++ = '\0';
    return n;
}

/* Keeps the lines that are not blank, from the header on: before it a # can only begin a comment. */
static void cut_lines(struct theory_table *table)
{
    size_t number = 1;
    for (char *line = table->text, *next; line != NULL; line = next, number++) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        if (*line == '\0' || (*line == '#' && table->n_lines == 0))
            continue;
        table->lines[table->n_lines++] =
            (struct theory_line){.number = number, .n_cells = cut_cells(line), .cells = line};
    }
}

int theory_table_read(struct theory_table *table, const char *path, struct base_error *error)
{
    int status;
    size_t length = 0;
    *table = (struct theory_table){.path = path};
    TRY(read_file(path, &table->text, &length, error));
    TRY(check_text(path, table->text, length, error));
    TRY(base_got(table->lines = base_calloc(count_lines(table->text), sizeof *table->lines, error)));
    cut_lines(table);
    if (table->n_lines == 0)
        TRY(refuse(error, path, "it holds no table; `fisherfield theory` prints one to start from"));
out:
    if (status != BASE_OK)
        theory_table_free(table);
    return status;
}

void theory_table_free(struct theory_table *table)
{
    free(table->lines);
    free(table->text);
    memset(table, 0, sizeof *table);
}
