/* test_clock_steps.c
 * Where a clock was set: which frames a step lies between, and which times it touches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "base/clock_steps.h"

#include <glib.h>

static bool
stepped(const struct oa_clock_steps *steps, uint64_t from, uint64_t to)
{
    return oa_clock_stepped(steps, (struct oa_stamp){ .frame = from },
                            (struct oa_stamp){ .frame = to });
}

static void
test_between(void)
{
    struct oa_clock_steps *steps = oa_clock_steps_new();

    g_assert_false(stepped(NULL, 1, 9));
    g_assert_false(stepped(steps, 1, 9));
    oa_clock_steps_add(steps, 500, (struct oa_stamp){ .time_ns = 100, .frame = 5 });
    oa_clock_steps_add(steps, 200, (struct oa_stamp){ .time_ns = 900, .frame = 8 });
    g_assert_true(stepped(steps, 4, 5));
    g_assert_true(stepped(steps, 5, 4)); /* whichever comes first */
    g_assert_false(stepped(steps, 1, 4));
    g_assert_false(stepped(steps, 5, 7));
    g_assert_true(stepped(steps, 7, 8));
    g_assert_true(stepped(steps, 1, 9));
    g_assert_false(stepped(steps, 8, 9));
    oa_clock_steps_free(steps);
}

static void
test_within(void)
{
    struct oa_clock_steps *steps = oa_clock_steps_new();

    g_assert_false(oa_clock_stepped_within(NULL, 0, 1000));
    oa_clock_steps_add(steps, 500, (struct oa_stamp){ .time_ns = 100, .frame = 5 });
    g_assert_true(oa_clock_stepped_within(steps, 100, 101));
    g_assert_true(oa_clock_stepped_within(steps, 500, 600));
    g_assert_false(oa_clock_stepped_within(steps, 101, 500));
    g_assert_false(oa_clock_stepped_within(steps, 501, 1000));
    oa_clock_steps_free(steps);
}

/* Of more steps than are kept, the newest one counts. */
static void
test_many(void)
{
    struct oa_clock_steps *steps = oa_clock_steps_new();

    for (uint64_t i = 1; i <= 100000; i++)
        oa_clock_steps_add(steps, 0, (struct oa_stamp){ .frame = 2 * i });
    g_assert_true(stepped(steps, 3, 4));
    g_assert_false(stepped(steps, 4, 5));
    g_assert_true(stepped(steps, 199999, 200000));
    g_assert_false(stepped(steps, 200000, 200001));
    oa_clock_steps_free(steps);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock-steps/between", test_between);
    g_test_add_func("/clock-steps/within", test_within);
    g_test_add_func("/clock-steps/many", test_many);
    return g_test_run();
}
