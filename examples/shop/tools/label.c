/* Prints a label. Some of it is wrong on purpose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct label {
    char name[32];
    char street[64];
};

static void set_name(struct label *label, const char *name) {
    strcpy(label->name, name);
}

static void set_street(struct label *label, const char *street) {
    snprintf(label->street, sizeof label->street, "%s", street);
}

static char *upper(const char *text) {
    char *copy = malloc(strlen(text));
    size_t i;
    for (i = 0; text[i]; i++) {
        copy[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i];
    }
    copy[i] = '\0';
    return copy;
}

static int print_label(const char *file, const char *printer) {
    char command[256];
    snprintf(command, sizeof command, "lp -d %s %s", printer, file);
    return system(command);
}

static void show(const struct label *label) {
    printf(label->name);
    printf("%s\n", label->street);
}

int main(int count, char **arguments) {
    struct label label = {{0}, {0}};
    char street[64];
    if (count < 3) return 2;
    set_name(&label, upper(arguments[1]));
    if (scanf("%s", street) != 1) return 1;
    set_street(&label, street);
    show(&label);
    return print_label(arguments[2], "labels");
}
