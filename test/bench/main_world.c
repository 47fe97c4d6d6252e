/* Purpose: a whole exchange in one folder, made in one go, for benchmarks and floods.
 *
 *     test-world FOLDER --members N [--readers R] [--witnesses W] [--address A]
 *                [--type T] [--catalogue FOLDER]
 *
 * FOLDER/broker has what `sacbe init` makes, but for the root (which is thrown away:
 * its directory 1 is the only one), FOLDER/m0001 to FOLDER/mNNNN a vault and the anchor
 * of each member. m0001 grants class "publica" of T to m0002 and on, R of them; the
 * first W members are witnesses (the quorum stays 0). The address, which is printed, is
 * a free port of this machine unless it is given. The catalogue is that of
 * SACBE_SOURCE, or of the folder where this runs.
 * Not: the ways by which an exchange grows (test/flow/exchange.sh). */
#include "test/bench/world.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/base/limits.h"

static unsigned number(const char *text)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    return end == text || *end || n > SB_MEMBERS_MAX ? SB_MEMBERS_MAX + 1 : (unsigned)n;
}

static bool read_plan(int argc, char **argv, struct bench_plan *p)
{
    static const struct option options[] = {{"members", required_argument, NULL, 'm'},
                                            {"readers", required_argument, NULL, 'r'},
                                            {"witnesses", required_argument, NULL, 'w'},
                                            {"address", required_argument, NULL, 'a'},
                                            {"type", required_argument, NULL, 't'},
                                            {"catalogue", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    p->type = "interior.hecho_transito";
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'm')
            p->members = number(optarg);
        else if (c == 'r')
            p->readers = number(optarg);
        else if (c == 'w')
            p->witnesses = number(optarg);
        else if (c == 'a')
            p->address = optarg;
        else if (c == 't')
            p->type = optarg;
        else if (c == 'c')
            p->catalogue = optarg;
        else
            return false;
    }
    p->folder = optind + 1 == argc ? argv[optind] : NULL;
    return p->folder && p->members > 0 && p->members <= SB_MEMBERS_MAX &&
           p->readers < p->members && p->witnesses <= p->members;
}

int main(int argc, char **argv)
{
    char catalogue[1024];
    const char *source = getenv("SACBE_SOURCE");
    struct bench_plan plan = {.catalogue = catalogue};
    snprintf(catalogue, sizeof catalogue, "%s/schemas/sns", source ? source : ".");
    if (!read_plan(argc, argv, &plan)) {
        fputs("usage: test-world FOLDER --members N [--readers R] [--witnesses W]\n"
              "                  [--address A] [--type T] [--catalogue FOLDER]\n",
              stderr);
        return 2;
    }
    bench_world(&plan);
    return 0;
}
