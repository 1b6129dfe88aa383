/* The canonical text: two files that mean the same experiment have the same one, and a line that differs
 * begins with a key that the user knows.
 *
 *     kind: fisher                         every key that fixes the numbers, defaults written out
 *     network.width: 1000                  a network key on which all cases agree
 *     cases: [tanh, relu]
 *     cases.tanh.activation: tanh          one on which they do not
 *     sweep: [depth, width]                the axes' order is the result file's
 *     sweep.depth: [2, 3]
 *
 * Swept keys stand in no other line, tacit ones in none where every case has the default; lists in which the
 * order means nothing are sorted. */
#include "experiment/grid.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Plain where no reader could be misled, else in quotes with all that could end a line or look like its key.
 */
static void write_text(FILE *out, const char *text)
{
    bool plain = *text != '\0';
    for (const char *c = text; *c != '\0'; c++)
        plain = plain && (unsigned char)*c > ' ' && strchr("\"\\:,[]{}#\x7f", *c) == NULL;
    if (plain) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || strchr("\"\\:\x7f", *c) != NULL)
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            fputc(*c, out);
    fputc('"', out);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_texts(FILE *out, const char **texts, size_t n)
{
    fputc('[', out);
    for (size_t i = 0; i < n; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_text(out, texts[i]);
    }
    fputc(']', out);
}

/* A network's profile of ones is the default, of whatever length. */
static void write_reals(FILE *out, const double *reals, size_t n)
{
    fputs(n == 0 ? "1" : "[", out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%.17g", i > 0 ? ", " : "", reals[i]);
    fputs(n == 0 ? "" : "]", out);
}

static void write_integers(FILE *out, const int64_t *integers, size_t n)
{
    fputc('[', out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%lld", i > 0 ? ", " : "", (long long)integers[i]);
    fputc(']', out);
}

static void write_stages(FILE *out, const struct experiment_stage *stages, size_t n)
{
    fputc('[', out);
    for (size_t i = 0; i < n; i++) {
        const struct experiment_stage *s = &stages[i];
        fputs(i > 0 ? ", {" : "{", out);
        if (s->step > 0)
            fprintf(out, "step: %lld", (long long)s->step);
        else
            fprintf(out, "epoch: %.17g", s->epoch);
        if (s->batch >= 0)
            fprintf(out, ", batch: %lld", (long long)s->batch);
        if (s->factor < 1 || s->factor > 1)
            fprintf(out, ", factor: %.17g", s->factor);
        fputc('}', out);
    }
    fputc(']', out);
}

static void write_value(FILE *out, const struct experiment_key *key, const struct experiment_value *value)
{
    switch (key->type) {
    case KEY_INTEGER:
    case KEY_BYTES: fprintf(out, "%lld", (long long)value->integer); break;
    case KEY_REAL: fprintf(out, "%.17g", value->real); break;
    case KEY_REALS: write_reals(out, value->reals, value->n); break;
    case KEY_INTEGERS: write_integers(out, value->integers, value->n); break;
    case KEY_WORDS: write_texts(out, value->texts, value->n); break;
    case KEY_STAGES: write_stages(out, value->stages, value->n); break;
    default: write_text(out, value->text);
    }
}

/* One line where all cases agree, else one a case. */
static void write_key(FILE *out, const struct experiment_layout *layout, size_t id)
{
    const struct experiment_key *key = &experiment_keys[id];
    const struct experiment_value *first = &layout->settings[0][id];
    bool same = true;
    for (size_t c = 1; c < layout->n_cases && experiment_key_physical(key); c++)
        same = same && experiment_value_compare(first, &layout->settings[c][id]) == 0;
    for (size_t c = 0; c < (same ? 1 : layout->n_cases); c++) {
        if (same) {
            fputs(key->path, out);
        } else {
            fputs("cases.", out);
            write_text(out, layout->cases[c]);
            fprintf(out, ".%s", experiment_key_name(key));
        }
        fputs(": ", out);
        write_value(out, key, &layout->settings[c][id]);
        fputc('\n', out);
    }
}

static void write_axes(FILE *out, const struct experiment_layout *layout)
{
    fputs("sweep: [", out);
    for (size_t a = 0; a < layout->n_axes; a++)
        fprintf(out, "%s%s", a > 0 ? ", " : "", experiment_key_name(layout->axes[a].key));
    fputs("]\n", out);
    for (size_t a = 0; a < layout->n_axes; a++) {
        const struct layout_axis *axis = &layout->axes[a];
        fprintf(out, "sweep.%s: [", experiment_key_name(axis->key));
        for (size_t i = 0; i < axis->n; i++) {
            fputs(i > 0 ? ", " : "", out);
            write_value(out, axis->key, &axis->values[i]);
        }
        fputs("]\n", out);
    }
}

/* The order of measures and of what is saved means nothing. */
static int sort_words(const struct experiment_context *context, struct experiment_value *value)
{
    const char **sorted = base_arena_take(context->arena, value->n, sizeof *sorted, context->error);
    if (sorted == NULL)
        return BASE_FAILED;
    for (size_t i = 0; i < value->n; i++)
        sorted[i] = value->texts[i];
    qsort(sorted, value->n, sizeof *sorted, compare_texts);
    value->texts = sorted;
    return BASE_OK;
}

static int write_all(FILE *out, const struct experiment_context *context,
                     const struct experiment_layout *layout)
{
    for (size_t id = 0; id < N_KEYS; id++) {
        const struct experiment_key *key = &experiment_keys[id];
        if (!key->defines || layout->swept[id] || layout->unsaid[id])
            continue;
        struct experiment_value *first = &layout->settings[0][id], in_file_order = *first;
        if (key->type == KEY_WORDS && sort_words(context, first) != BASE_OK)
            return BASE_FAILED;
        write_key(out, layout, id);
        *first = in_file_order;
    }
    fputs("cases: ", out);
    write_texts(out, layout->cases, layout->n_cases);
    fputc('\n', out);
    write_axes(out, layout);
    return BASE_OK;
}

int experiment_definition_write(const struct experiment_context *context,
                                const struct experiment_layout *layout, char **text)
{
    char *buffer = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&buffer, &length);
    if (out == NULL)
        return base_fail(context->error, BASE_FAILED, "out of memory for the experiment's definition");
    int status = write_all(out, context, layout);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed)
        status = base_fail(context->error, BASE_FAILED, "out of memory for the experiment's definition");
    if (status == BASE_OK) {
        *text = base_arena_copy(context->arena, buffer, length, context->error);
        status = base_got(*text);
    }
    free(buffer);
    return status;
}
