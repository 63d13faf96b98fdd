/* SPDX-License-Identifier: EUPL-1.2 */
/* imapd/thread_tree.c - see imapd/thread.h: the two algorithms of RFC 5256 3. */
#include "imapd/thread.h"
#include <stdlib.h>

enum { STEPS_MOST = 1 << 24, STEPS_THEN = 64 };

/* ---- nodes ---- */
static uint32_t node_new(struct threads *t, uint32_t msg)
{
    if (t->nodes == t->cap_nodes) {
        t->cap_nodes = t->cap_nodes ? t->cap_nodes * 2 : 256;
        if ((t->node = realloc(t->node, t->cap_nodes * sizeof *t->node)) == NULL)
            die("out of memory");
    }
    t->node[t->nodes] = (struct thread_node){.msg = msg};
    return t->nodes++;
}

void threads_init(struct threads *t)
{
    *t = (struct threads){0};
    intern_init(&t->ids);
    intern_init(&t->subjects);
    (void)intern(&t->subjects, SPAN_NULL);
    (void)node_new(t, 0);
}

void threads_free(struct threads *t)
{
    intern_free(&t->ids);
    intern_free(&t->subjects);
    free(t->msg);
    free(t->node);
    free(t->node_of_id);
}

static void link_to(struct threads *t, uint32_t parent, uint32_t child)
{
    t->node[child].parent = parent;
    t->node[child].next = t->node[parent].child;
    t->node[parent].child = child;
}

static void unlink_from_parent(struct threads *t, uint32_t child)
{
    uint32_t *at = &t->node[t->node[child].parent].child;

    for (; *at != child; t->steps++)
        at = &t->node[*at].next;
    *at = t->node[child].next;
    t->node[child].parent = t->node[child].next = 0;
}

/* Is a above b, or b itself? Senders choose what refers to what, and could make each of these walks as long as all their ids together. So
 * when many steps were taken, a walk that is not short ends with a yes: then nothing is linked. */
static bool is_above(struct threads *t, uint32_t a, uint32_t b)
{
    uint32_t left = t->steps < STEPS_MOST ? UINT32_MAX : STEPS_THEN;

    if (t->node[a].child == 0)
        return a == b;
    for (; b != 0 && b != a && left > 0; left--, t->steps++)
        b = t->node[b].parent;
    return b != 0;
}

static uint32_t node_of(struct threads *t, struct span id)
{
    uint32_t number = intern(&t->ids, id);

    if (number >= t->cap_ids) {
        uint32_t cap = t->ids.cap;

        if ((t->node_of_id = realloc(t->node_of_id, cap * sizeof *t->node_of_id)) == NULL)
            die("out of memory");
        memset(t->node_of_id + t->cap_ids, 0, (cap - t->cap_ids) * sizeof *t->node_of_id);
        t->cap_ids = cap;
    }
    if (t->node_of_id[number] == 0)
        t->node_of_id[number] = node_new(t, 0);
    return t->node_of_id[number];
}

/* ---- a message more ---- */
/* Steps 1 A and B. The first reference is the oldest. A message whose id is missing, or another's, is a node of its own. */
static void add_references(struct threads *t, struct span thread, uint32_t msg)
{
    struct rd r = rd_of(thread);
    struct span id = rd_var_bytes(&r), reply_to = rd_var_bytes(&r), ref;
    uint32_t self = id.n > 0 && rd_ok(&r) ? node_of(t, id) : 0, last = 0;

    if (self == 0 || t->node[self].msg != 0)
        self = node_new(t, 0);
    t->node[self].msg = msg;
    if (!rd_ok(&r))
        return;
    for (bool more = r.s.n > 0 || reply_to.n > 0; more; more = r.s.n > 0 && rd_ok(&r)) {
        uint32_t one;

        ref = r.s.n > 0 ? rd_var_bytes(&r) : reply_to;
        if (ref.n == 0)
            continue;
        one = node_of(t, ref);
        if (last != 0 && t->node[one].parent == 0 && !is_above(t, one, last))
            link_to(t, last, one);
        last = one;
    }
    if (last == 0 || is_above(t, self, last))
        return;
    if (t->node[self].parent != 0 && t->steps >= STEPS_MOST)
        return;
    if (t->node[self].parent != 0) /* what others said of it was less sure */
        unlink_from_parent(t, self);
    link_to(t, last, self);
}

static size_t size_of(const struct threads *t)
{
    return intern_size(&t->ids) + intern_size(&t->subjects) + t->cap * sizeof *t->msg + t->cap_nodes * sizeof *t->node +
           t->cap_ids * sizeof *t->node_of_id;
}

enum rc threads_add(struct threads *t, const struct thread_msg *m, struct span subject, struct span thread,
                    bool references, struct err *e)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 256;
        if ((t->msg = realloc(t->msg, t->cap * sizeof *t->msg)) == NULL)
            die("out of memory");
    }
    t->msg[t->n] = *m;
    t->msg[t->n++].subject = intern(&t->subjects, subject);
    if (references)
        add_references(t, thread, t->n);
    return found_fits(size_of(t), e);
}

/* ---- siblings in order ---- */
/* A dummy has the date of its first child: children are sorted before their parents. */
static const struct thread_msg *first_msg(const struct threads *t, uint32_t node)
{
    while (t->node[node].msg == 0 && t->node[node].child != 0)
        node = t->node[node].child;
    return t->node[node].msg ? &t->msg[t->node[node].msg - 1] : NULL;
}

static bool is_before(const struct threads *t, uint32_t a, uint32_t b)
{
    const struct thread_msg *x = first_msg(t, a), *y = first_msg(t, b);

    if (x == NULL || y == NULL)
        return x != NULL;
    return x->date != y->date ? x->date < y->date : x->number <= y->number;
}

static uint32_t merged(struct threads *t, uint32_t a, uint32_t b)
{
    uint32_t head = 0, *tail = &head;

    while (a != 0 && b != 0) {
        uint32_t *least = is_before(t, a, b) ? &a : &b;

        *tail = *least;
        tail = &t->node[*least].next;
        *least = *tail;
    }
    *tail = a != 0 ? a : b;
    return head;
}

/* A merge sort of a list: run i holds 2^i nodes. */
static void sort_children(struct threads *t, uint32_t parent)
{
    uint32_t runs[32] = {0}, list = t->node[parent].child, all = 0;

    while (list != 0) {
        uint32_t one = list;
        unsigned i = 0;

        list = t->node[one].next;
        t->node[one].next = 0;
        for (; i < 31 && runs[i] != 0; i++) {
            one = merged(t, runs[i], one);
            runs[i] = 0;
        }
        runs[i] = runs[i] ? merged(t, runs[i], one) : one;
    }
    for (unsigned i = 0; i < 32; i++)
        all = merged(t, runs[i], all);
    t->node[parent].child = all;
}

/* The next node in an order that has children before their parents. The root comes last. */
static uint32_t deepest(const struct threads *t, uint32_t node)
{
    while (t->node[node].child != 0)
        node = t->node[node].child;
    return node;
}

static void sort_all(struct threads *t)
{
    uint32_t node = deepest(t, 0);

    while (
        node !=
        0) { /* when a parent's turn comes, all below it is sorted; its own place among its siblings is not decided yet */
        uint32_t parent = t->node[node].parent;

        node = t->node[node].next ? deepest(t, t->node[node].next) : parent;
        if (node == parent)
            sort_children(t, parent);
    }
}

/* ---- references ---- */
/* Step 2: who has no parent is below the root. */
static void gather(struct threads *t)
{
    for (uint32_t i = t->nodes - 1; i > 0; i--)
        if (t->node[i].parent == 0)
            link_to(t, 0, i);
}

/* The children of a dummy take its place. It stays as a node without message, child and parent. */
static void promote(struct threads *t, uint32_t *at, uint32_t dummy)
{
    uint32_t parent = t->node[dummy].parent, child = t->node[dummy].child, last = child;

    for (uint32_t c = child; c != 0; c = t->node[c].next) {
        t->node[c].parent = parent;
        last = c;
    }
    t->node[last].next = t->node[dummy].next;
    *at = child;
    t->node[dummy] = (struct thread_node){0};
}

/* Step 3: a dummy without children goes; one with children gives them its place, but below the root only one child. First all that
 * are empty go, children before their parents. Then the others, parents first: so a node moves no more than once for each dummy that has
 * it for a child. */
static void drop_empty(struct threads *t, uint32_t parent)
{
    uint32_t *at = &t->node[parent].child;

    while (*at != 0) {
        uint32_t one = *at;

        if (t->node[one].msg == 0 && t->node[one].child == 0)
            *at = t->node[one].next;
        else
            at = &t->node[one].next;
    }
}

/* What takes a dummy's place is looked at again, as it may be a dummy too. */
static void dissolve_below(struct threads *t, uint32_t parent)
{
    uint32_t *at = &t->node[parent].child;

    while (*at != 0) {
        uint32_t one = *at, child = t->node[one].child;

        if (t->node[one].msg == 0 && (parent != 0 || t->node[child].next == 0))
            promote(t, at, one);
        else
            at = &t->node[one].next;
    }
}

/* The next node in an order that has parents before their children; 0: that was the last. */
static uint32_t next_down(const struct threads *t, uint32_t node)
{
    if (t->node[node].child != 0)
        return t->node[node].child;
    while (node != 0 && t->node[node].next == 0)
        node = t->node[node].parent;
    return t->node[node].next;
}

static void prune(struct threads *t)
{
    uint32_t node = deepest(t, 0);

    while (node != 0) {
        uint32_t parent = t->node[node].parent;

        node = t->node[node].next ? deepest(t, t->node[node].next) : parent;
        if (node == parent)
            drop_empty(t, parent);
    }
    do {
        dissolve_below(t, node);
        node = next_down(t, node);
    } while (node != 0);
}

static const struct thread_msg *subject_msg(const struct threads *t, uint32_t node)
{
    const struct thread_msg *m = first_msg(t, node);

    return m && m->subject != 0 ? m : NULL;
}

static bool is_reply(const struct threads *t, uint32_t node)
{
    return t->node[node].msg != 0 && t->msg[t->node[node].msg - 1].reply;
}

/* Step 5 B: one thread for each subject, a dummy before others, what is no reply before a reply. */
static void fill_subjects(const struct threads *t, uint32_t *table)
{
    for (uint32_t i = t->node[0].child; i != 0; i = t->node[i].next) {
        const struct thread_msg *m = subject_msg(t, i);
        uint32_t *there = m ? &table[m->subject] : NULL;

        if (there == NULL)
            continue;
        if (*there == 0 ||
            (t->node[*there].msg != 0 && (t->node[i].msg == 0 || (is_reply(t, *there) && !is_reply(t, i)))))
            *there = i;
    }
}

/* Step 5 C for one thread that has the subject of another. Neither is in a list: merge_subjects() took all apart. */
static void merge_subject(struct threads *t, uint32_t *there, uint32_t one)
{
    bool dummy_there = t->node[*there].msg == 0;

    if (t->node[one].msg == 0 && dummy_there) {
        while (t->node[one].child != 0) {
            uint32_t child = t->node[one].child;

            t->node[one].child = t->node[child].next;
            link_to(t, *there, child);
        }
    } else if (dummy_there || (is_reply(t, one) && !is_reply(t, *there))) {
        link_to(t, *there, one);
    } else {
        uint32_t above = node_new(t, 0);

        link_to(t, above, *there);
        link_to(t, above, one);
        *there = above;
    }
}

/* Who has no parent in the end, and is or holds a message, is a thread. */
static void merge_subjects(struct threads *t)
{
    uint32_t *table = calloc(t->subjects.n + 1ul, sizeof *table), *roots = calloc(t->nodes + 1ul, sizeof *roots), n = 0;

    if (table == NULL || roots == NULL)
        die("out of memory");
    fill_subjects(t, table);
    for (uint32_t i = t->node[0].child; i != 0; i = t->node[i].next)
        roots[n++] = i;
    t->node[0].child = 0;
    for (uint32_t i = 0; i < n; i++)
        t->node[roots[i]].next = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct thread_msg *m = subject_msg(t, roots[i]);

        if (m && table[m->subject] != roots[i])
            merge_subject(t, &table[m->subject], roots[i]);
    }
    for (uint32_t i = t->nodes; i-- > 1;)
        if (t->node[i].parent == 0 && (t->node[i].msg != 0 || t->node[i].child != 0))
            link_to(t, 0, i);
    free(table);
    free(roots);
}

void threads_by_references(struct threads *t)
{
    gather(t);
    prune(t);
    sort_all(t);
    merge_subjects(t);
    sort_all(t);
}

/* ---- subject ---- */
/* All messages of one subject are one thread: the oldest, and the others below it (RFC 5256 3). */
void threads_by_subject(struct threads *t)
{
    uint32_t *table = calloc(t->subjects.n + 1ul, sizeof *table), list;

    if (table == NULL)
        die("out of memory");
    for (uint32_t i = t->n; i > 0; i--)
        link_to(t, 0, node_new(t, i));
    sort_children(t, 0);
    list = t->node[0].child;
    t->node[0].child = 0;
    while (list != 0) {
        uint32_t one = list, *first = &table[t->msg[t->node[one].msg - 1].subject];

        list = t->node[one].next;
        link_to(t, *first, one);
        if (*first == 0)
            *first = one;
    }
    free(table);
    sort_all(t);
}
