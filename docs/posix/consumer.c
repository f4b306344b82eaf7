/* The consumer of the textbook, as it is commonly written; with its races. In some editions it also
 * creates and sizes the object (-DCREATES), as the producer does. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "step.h"

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "OS";
    const int size = 4096;
#ifdef CREATES
    int fd = shm_open(name, O_CREAT | O_RDWR, 0666);
#else
    int fd = shm_open(name, O_RDONLY, 0666);
#endif
    if (fd < 0) {
        perror(name);
        return 1;
    }
#ifdef CREATES
    if (ftruncate(fd, size) != 0) {
        perror("ftruncate");
        return 1;
    }
#endif
    const char *text = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (text == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    printf("%s\n", text);
    fflush(stdout);
    STEP(4); /* the text is read, and the name is there */
    shm_unlink(name);
    return 0;
}
