/* fuzz.codes: a code list or crosswalk in CSV. Every row of a list that is taken is
 * found again by its code, and rows stand in order. */
#include "schemas/catalog/codes.h"

#include "schemas/base/text.h"
#include "test/fuzz/fuzz.h"

static void as_list(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_code_list *list = NULL;
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_code_list_read(&list, "codes.csv", in, arena, &err);
    fuzz_judged(rc, &err);
    for (size_t i = 0; rc == 0 && i < sb_code_list_count(list); i++) {
        const struct sb_code_row *row = sb_code_list_row(list, i);
        struct sb_value v = sb_value_text(row->code);
        fuzz_must(sb_code_list_find(list, row->code) == row, "a code finds its row");
        fuzz_must(sb_code_list_has(list, &v), "a value has its code");
        fuzz_must(sb_text_valid(row->name) && sb_text_valid(row->code), "UTF-8");
        fuzz_must(i == 0 ||
                      sb_bytes_cmp(sb_code_list_row(list, i - 1)->code, row->code) < 0,
                  "rows are sorted, codes unique");
    }
    sb_arena_free(arena);
}

static void as_crosswalk(struct sb_bytes in)
{
    struct sb_err err = {0};
    struct sb_crosswalk *walk = NULL;
    struct sb_bytes out;
    struct sb_bytes inputs[SB_CROSSWALK_INPUTS];
    struct sb_arena *arena = sb_arena_new(64 * SB_MIB);
    int rc = sb_crosswalk_read(&walk, "walk.csv", in, arena, &err);
    fuzz_judged(rc, &err);
    if (rc == 0) {
        for (size_t i = 0; i < SB_CROSSWALK_INPUTS; i++)
            inputs[i] = sb_bytes(in.p, in.n < 4 * i ? in.n : 4 * i);
        fuzz_must(sb_crosswalk_inputs(walk) > 0 &&
                      sb_crosswalk_inputs(walk) <= SB_CROSSWALK_INPUTS,
                  "one to four inputs");
        rc = sb_crosswalk_find(walk, inputs, sb_crosswalk_inputs(walk), &out, &err);
        fuzz_judged(rc, &err);
    }
    sb_arena_free(arena);
}

static void one(struct sb_bytes in)
{
    as_list(in);
    as_crosswalk(in);
}

static void seeds(struct fuzz_seeds *to)
{
    fuzz_seed(
        to,
        "list",
        sb_bytes_str("codigo,nombre,desde,hasta,fuente,edicion,extra\n"
                     "02,\"El Progreso, \"\"La\"\"\",2020-01-01,,INE,2002,\n"
                     "01,Guatemala,,,INE,2002,x\r\n7,Quich\xc3\xa9,,,INE,2002,\n"));
    fuzz_seed(
        to,
        "crosswalk",
        sb_bytes_str("de_depto,de_muni,a,fuente,edicion\n"
                     "Quich\xc3\xa9,Nebaj,1413,INE,1\n"
                     "Guatemala,  Santa   Catarina,0108,INE,1\n"
                     "Pet\xc3\xa9n,Flores,1701,INE,1\nPeten,FLORES,1702,INE,1\n"));
}

const struct fuzz_target fuzz_target = {
    .name = "codes", .one = one, .seeds = seeds, .longest = 4096, .mutations = 10000};
