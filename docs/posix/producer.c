/* The producer of the textbook, as it is commonly written; with its races. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "step.h"

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "OS";
    const int size = 4096;
    int fd = shm_open(name, O_CREAT | O_RDWR, 0666);
    if (fd < 0) {
        perror(name);
        return 1;
    }
    STEP(1); /* the object has a name, and no bytes */
    if (ftruncate(fd, size) != 0) {
        perror("ftruncate");
        return 1;
    }
    char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (text == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    STEP(2); /* it has bytes, and no text */
    text += sprintf(text, "%s", "Hello");
    STEP(3); /* it has half of the text */
    text += sprintf(text, "%s", "World!");
    return 0;
}
