// Decoding of Snappy's elements. The library calls `memmove` for most of them, which costs as much as all the rest; here an element is one or
// four moves of sixteen bytes, which may write beyond its end as long as that lies inside the room: the next element overwrites it.
// The kind is asked bit by bit, and each kind goes to its own end: foretold branches let the processor run ahead of the tags, while one jump
// through a table (which compilers make of a comparison with 0, 1 and 2) or selecting without branches takes twice as long. Remote-write bodies
// of 600 KB, GB/s of output on one shared core: library 4.1, table 3.9, selection 4.5, so 7 to 8.
// Source: https://github.com/google/snappy/blob/main/format_description.txt
#include <string.h>

#include "CPosix.h"

// What one quick step may touch beyond where it begins: 64 bytes of room, and of input as many behind the tag.
enum { room_ahead = 64, input_ahead = 65 };

static inline void move16(unsigned char *to, const unsigned char *from) {
    unsigned char part[16];
    memcpy(part, from, 16);
    memcpy(to, part, 16);
}

// In steps that read what the ones before have written: right for every distance of 16 and more.
static inline void move64(unsigned char *to, const unsigned char *from) {
    move16(to, from);
    move16(to + 16, from + 16);
    move16(to + 32, from + 32);
    move16(to + 48, from + 48);
}

static inline size_t little_endian(const unsigned char *bytes, size_t count) {
    size_t value = 0;
    for (size_t place = 0; place < count; place++) value |= (size_t)bytes[place] << (8 * place);
    return value;
}

bool csystem_snappy_decode(const void *input, size_t input_count, void *output, size_t output_count) {
    const unsigned char *from = input;
    const unsigned char *const from_end = from + input_count;
    unsigned char *const start = output;
    unsigned char *to = start;
    unsigned char *const to_end = start + output_count;
    while (from < from_end) {
        // Far from both ends: short literals and copies from at least 16 bytes back.
        while ((size_t)(from_end - from) >= input_ahead && (size_t)(to_end - to) >= room_ahead) {
            const unsigned tag = *from;
            if (tag & 2) {
                if (tag & 1) break;
                const size_t offset = (size_t)from[1] | (size_t)from[2] << 8;
                if (offset < 16 || offset > (size_t)(to - start)) break;
                move64(to, to - offset);
                to += (tag >> 2) + 1;
                from += 3;
            } else if (tag & 1) {
                const size_t offset = (size_t)(tag >> 5) << 8 | from[1];
                if (offset < 16 || offset > (size_t)(to - start)) break;
                move16(to, to - offset);
                to += ((tag >> 2) & 7) + 4;
                from += 2;
            } else {
                const size_t length = (tag >> 2) + 1;
                if (length > 60) break;
                move16(to, from + 1);
                if (length > 16) {
                    move16(to + 16, from + 17);
                    move16(to + 32, from + 33);
                    move16(to + 48, from + 49);
                }
                to += length;
                from += 1 + length;
            }
        }
        if (from == from_end) break;
        // One element of whatever kind, with every check.
        const unsigned tag = *from;
        const unsigned kind = tag & 3;
        from += 1;
        size_t length = (tag >> 2) + 1;
        if (kind == 0) {
            if (length > 60) {
                const size_t count = length - 60;
                if ((size_t)(from_end - from) < count) return false;
                length = little_endian(from, count) + 1;
                from += count;
            }
            if (length > (size_t)(from_end - from) || length > (size_t)(to_end - to)) return false;
            memcpy(to, from, length);
            from += length;
        } else {
            const size_t count = kind == 3 ? 4 : kind;
            if ((size_t)(from_end - from) < count) return false;
            size_t offset = little_endian(from, count);
            if (kind == 1) {
                length = ((tag >> 2) & 7) + 4;
                offset |= (size_t)(tag >> 5) << 8;
            }
            from += count;
            if (offset == 0 || offset > (size_t)(to - start) || length > (size_t)(to_end - to)) return false;
            // Byte by byte: a copy may read what it writes, as a pattern that repeats itself.
            for (size_t place = 0; place < length; place++) to[place] = *(to + place - offset);
        }
        to += length;
    }
    return to == to_end;
}
