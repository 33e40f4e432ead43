#ifndef CNUMBERS_H
#define CNUMBERS_H

#ifdef __cplusplus
extern "C" {
#endif

/// Writes the fewest digits that read back as a finite value, as "-d.ddde±XX"; `text` has room for 32 bytes. Returns the count.
int cnumbers_shortest(double value, unsigned char *_Nonnull text);

#ifdef __cplusplus
}
#endif

#endif
