#include "CNumbers.h"

#include <charconv>

int cnumbers_shortest(double value, unsigned char *text) {
    char *start = reinterpret_cast<char *>(text);
    return static_cast<int>(std::to_chars(start, start + 32, value, std::chars_format::scientific).ptr - start);
}
