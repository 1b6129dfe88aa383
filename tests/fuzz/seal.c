/* The checksums of HDF5's 1.8 format: every block of metadata but the global heaps ends with Jenkins' lookup3
 * of itself. The structure is followed from each block's signature; a block whose size makes no sense is left
 * as it is. */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

struct image {
    uint8_t *bytes;
    size_t size;
    uint8_t *covered; /* NULL, or only to be marked: which bytes have a checksum */
};

static uint32_t rotate(uint32_t x, int k)
{
    return x << k | x >> (32 - k);
}

static uint32_t lookup3(const uint8_t *key, size_t length)
{
    uint32_t s[3];
    s[0] = s[1] = s[2] = 0xdeadbeef + (uint32_t)length;
    for (; length > 12; length -= 12) {
        static const int turn[] = {4, 6, 8, 16, 19, 4};
        for (int i = 0; i < 12; i++)
            s[i / 4] += (uint32_t)key[i] << 8 * (i % 4);
        for (int i = 0; i < 6; i++) { /* a -= c, a ^= rot(c), c += b; and round */
            uint32_t *a = &s[i % 3], *b = &s[(i + 1) % 3], *c = &s[(i + 2) % 3];
            *a -= *c;
            *a ^= rotate(*c, turn[i]);
            *c += *b;
        }
        key += 12;
    }
    for (size_t i = 0; i < length; i++)
        s[i / 4] += (uint32_t)key[i] << 8 * (i % 4);
    if (length > 0) {
        static const int turn[] = {14, 11, 25, 16, 4, 14, 24};
        for (int i = 0; i < 7; i++) { /* c ^= b, c -= rot(b); then a with c, b with a */
            uint32_t *x = &s[(i + 2) % 3], y = s[(i + 1) % 3];
            *x ^= y;
            *x -= rotate(y, turn[i]);
        }
    }
    return s[2];
}

static bool fits(const struct image *f, uint64_t at, uint64_t size)
{
    return at <= f->size && size <= f->size - at;
}

static uint64_t number(const struct image *f, uint64_t at, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width && fits(f, at + i, 1); i++)
        value |= (uint64_t)f->bytes[at + i] << 8 * i;
    return value;
}

static bool is(const struct image *f, uint64_t at, const char *signature)
{
    return fits(f, at, 4) && memcmp(f->bytes + at, signature, 4) == 0;
}

static void put(const struct image *f, uint64_t at, uint32_t sum)
{
    for (int i = 0; i < 4; i++)
        f->bytes[at + (unsigned)i] = (uint8_t)(sum >> 8 * i);
}

/* A block whose checksum are its last four bytes. */
static void close_block(const struct image *f, uint64_t at, uint64_t size)
{
    if (size < 8 || !fits(f, at, size))
        return;
    if (f->covered != NULL)
        memset(f->covered + at, 1, size);
    else
        put(f, at + size - 4, lookup3(f->bytes + at, size - 4));
}

/* The messages of a chunk of an object header; those that lead to other chunks are followed. */
static void close_messages(const struct image *f, uint64_t at, uint64_t end, unsigned prefix, int depth)
{
    while (at + prefix <= end) {
        const uint64_t size = number(f, at + 1, 2), next = at + prefix + size;
        if (f->bytes[at] == 0x10 && size >= 16 && depth < 40) {
            const uint64_t chunk = number(f, at + prefix, 8), length = number(f, at + prefix + 8, 8);
            if (is(f, chunk, "OCHK") && length >= 8 && fits(f, chunk, length)) {
                close_messages(f, chunk + 4, chunk + length - 4, prefix, depth + 1);
                close_block(f, chunk, length);
            }
        }
        at = next;
    }
}

static void close_header(const struct image *f, uint64_t at)
{
    const unsigned flags = (unsigned)number(f, at + 5, 1), width = 1u << (flags & 3);
    const uint64_t messages = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0) + width;
    const uint64_t size = number(f, messages - width, width);
    if (!fits(f, messages, 4) || !fits(f, messages + 4, size))
        return;
    close_messages(f, messages, messages + size, flags & 4 ? 6 : 4, 0);
    close_block(f, at, messages + size + 4 - at);
}

static void close_tree(const struct image *f, uint64_t at)
{
    const uint64_t record = number(f, at + 10, 2), depth = number(f, at + 12, 2),
                   root = number(f, at + 16, 8), records = number(f, at + 24, 2);
    if (depth == 0 && is(f, root, "BTLF"))
        close_block(f, root, 6 + record * records + 4);
    close_block(f, at, 38);
}

/* A direct block's checksum stands before its data and counts as zero. offset: bytes of a heap's offset */
static void close_direct(const struct image *f, uint64_t at, uint64_t size, unsigned offset)
{
    const uint64_t sum = at + 13 + offset;
    if (!is(f, at, "FHDB") || size < 17 + offset || !fits(f, at, size))
        return;
    if (f->covered != NULL) {
        memset(f->covered + at, 1, size);
        return;
    }
    put(f, sum, 0);
    put(f, sum, lookup3(f->bytes + at, size));
}

static void close_heap(const struct image *f, uint64_t at)
{
    const uint64_t width = number(f, at + 110, 2), start = number(f, at + 112, 8),
                   root = number(f, at + 132, 8), rows = number(f, at + 140, 2);
    const unsigned offset = (unsigned)(number(f, at + 128, 2) + 7) / 8;
    if (rows == 0)
        close_direct(f, root, start, offset);
    else if (is(f, root, "FHIB") && fits(f, root, 17 + offset + 8 * width * rows)) {
        for (uint64_t row = 0; row < rows && row < 40; row++)
            for (uint64_t i = 0; i < width; i++)
                close_direct(f, number(f, root + 13 + offset + 8 * (row * width + i), 8),
                             start << (row > 1 ? row - 1 : 0), offset);
        close_block(f, root, 17 + offset + 8 * width * rows);
    }
    close_block(f, at, 146);
}

static void close_all(const struct image *f)
{
    close_block(f, 0, 48);
    for (uint64_t at = 0; at + 48 < f->size; at++)
        switch (f->bytes[at]) {
        case 'O':
            if (is(f, at, "OHDR"))
                close_header(f, at);
            break;
        case 'B':
            if (is(f, at, "BTHD"))
                close_tree(f, at);
            break;
        case 'F':
            if (is(f, at, "FRHP"))
                close_heap(f, at);
        }
}

void fuzz_seal(uint8_t *bytes, size_t size)
{
    close_all(&(struct image){bytes, size, NULL});
}

void fuzz_cover(uint8_t *bytes, size_t size, uint8_t *covered)
{
    memset(covered, 0, size);
    close_all(&(struct image){bytes, size, covered});
}
