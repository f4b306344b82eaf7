/* With -DSTOPS a program stops itself at the step whose number the environment says, so that what
 * can go wrong there can be seen. Without it, as in the book, nothing is there. */
#ifdef STOPS
#include <signal.h>
#include <stdlib.h>
#define STEP(number) \
    do { \
        const char *stop = getenv("STOP"); \
        if (stop && atoi(stop) == (number)) \
            raise(SIGSTOP); \
    } while (0)
#else
#define STEP(number) ((void)0)
#endif
