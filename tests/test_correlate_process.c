// SPDX-License-Identifier: GPL-2.0-only
// Unit tests of what is said of the process that should have answered.
#include <stdio.h>
#include <string.h>

#include "fixture.h"

enum { STATE_SYN_RECV = 3, STATE_CLOSE_WAIT = 8 };

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/* A connection that nobody accepts, and the listener that should. */
static struct fact_listener *not_accepted(struct fixture *f)
{
	fx_connect(f);
	fx_request(f, get);
	fx_conn(f, NULL, sizeof(get) - 1);
	return fx_listener(f, "0.0.0.0", 80, "java");
}

/* One that was accepted, and not answered; the listener is another process. */
static struct fact_conn *not_answered(struct fixture *f)
{
	fx_connect(f);
	fx_request(f, get);
	fx_listener(f, "0.0.0.0", 80, "master");
	return fx_conn(f, "worker", 0);
}

static void test_states(void **state)
{
	static const struct {
		char pstate;
		const char *words;
		bool stopped;
	} states[] = {
		{'R', "is running", false},
		{'S', "is sleeping", false},
		{'D', "is in uninterruptible sleep (disk, NFS)", false},
		{'T', "is stopped (SIGSTOP)", true},
		{'t', "is stopped (by a debugger)", true},
		{'Z', "is a zombie", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct fixture *f = fx_new(16), *g = fx_new(16);
		const struct verdict *v;

		not_accepted(f)->pstate = states[i].pstate;
		v = fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
		fx_says(v, "java (pid 812) does not call accept() and ");
		fx_says(v, states[i].words);
		if (states[i].stopped)
			fx_fixes(v, "kill -CONT 812  # it is stopped");
		else
			fx_fixes_not(v, "kill");
		not_answered(g)->pstate = states[i].pstate;
		v = fx_expect(g, "app-no-response", CONFIDENCE_CERTAIN);
		fx_says(v, "worker (pid 813) has not answered and ");
		fx_says(v, states[i].words);
		if (states[i].stopped)
			fx_fixes(v, "kill -CONT 813  # it is stopped");
		else
			fx_fixes_not(v, "kill");
		fx_steps(v, states[i].words + strlen("is "));
		fx_free(f);
		fx_free(g);
	}
}

static void test_state_not_known(void **state)
{
	struct fixture *f = *state;

	not_accepted(f);
	fx_says_not(fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN), " is ");
}

/* Without a process there is nothing to stop or to look at. */
static void test_not_found(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = not_accepted(f);
	const struct verdict *v;

	l->pid = 0;
	l->pstate = 'T';
	v = fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
	fx_says(v, "a process that was not found does not call accept()");
	fx_says_not(v, "stopped");
	fx_fixes_not(v, "kill");
	fx_fixes_not(v, "/proc/");
}

static void test_files_exhausted(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = not_accepted(f);
	const struct verdict *v;

	l->fds_open = l->fds_limit = 1024;
	v = fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
	fx_says(v, "; it has all 1024 files open that it may (RLIMIT_NOFILE)");
	fx_fixes(v, "raise the limit of open files of java (now 1024)");
	fx_fixes(v, "ls -l /proc/812/fd");
}

static void test_files_left(void **state)
{
	struct fixture *f = *state;
	struct fact_listener *l = not_accepted(f);
	const struct verdict *v;

	l->fds_open = 1023;
	l->fds_limit = 1024;
	v = fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
	fx_says_not(v, "files");
	fx_fixes_not(v, "LimitNOFILE");
}

static void test_files_not_known(void **state)
{
	struct fixture *f = *state;

	not_accepted(f)->fds_open = 5;
	fx_says_not(fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN), "files");
}

static void test_files_of_worker(void **state)
{
	struct fixture *f = *state;
	struct fact_conn *c = not_answered(f);
	const struct verdict *v;

	c->fds_open = c->fds_limit = 256;
	v = fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
	fx_says(v, "; it has all 256 files open that it may");
	fx_fixes(v, "raise the limit of open files of worker (now 256)");
}

static void test_container(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct fixture *f = *state;
	char words[128];

	snprintf(not_accepted(f)->container, FACT_CONTAINER_LEN, "%s", id);
	snprintf(words, sizeof(words), "java (pid 812, container %s) does not", id);
	fx_says(fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN), words);
}

static void test_no_container(void **state)
{
	struct fixture *f = *state;

	not_accepted(f);
	fx_says_not(fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN), "container");
}

static void test_queue(void **state)
{
	struct fixture *f = *state;

	not_accepted(f)->backlog = 17;
	fx_says(fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN),
		", 17 in the accept queue (limit 511)");
}

/* The prober closed its side meanwhile: not accepted all the same. */
static void test_close_wait(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_conn(f, NULL, 1)->state = STATE_CLOSE_WAIT;
	fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
}

/* Before it is established nobody could accept it (TCP_DEFER_ACCEPT). */
static void test_deferred(void **state)
{
	struct fixture *f = *state;

	fx_connect(f);
	fx_request(f, get);
	fx_conn(f, NULL, 1)->state = STATE_SYN_RECV;
	fx_expect(f, "app-no-response", CONFIDENCE_CERTAIN);
}

static void test_hostile_container(void **state)
{
	struct fixture *f = *state;
	const struct verdict *v;

	memset(not_accepted(f)->container, '\033', FACT_CONTAINER_LEN);
	v = fx_expect(f, "app-not-accepting", CONFIDENCE_CERTAIN);
	fx_says(v, "container \\x1b\\x1b");
	assert_null(strchr(v->summary, '\033'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states), TEST(test_state_not_known),
		TEST(test_not_found),	       TEST(test_files_exhausted),
		TEST(test_files_left),	       TEST(test_files_not_known),
		TEST(test_files_of_worker),    TEST(test_container),
		TEST(test_no_container),       TEST(test_queue),
		TEST(test_close_wait),	       TEST(test_deferred),
		TEST(test_hostile_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
