#include "base/share.h"

#include <pthread.h>

enum { MAX_THREADS = 1024 };

struct shared {
    size_t n, next, turn; /* items in all, to be begun, to be taken */
    void (*work)(void *context, size_t i, int thread);
    void (*take)(void *context, size_t i, int thread);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t turned;
};

struct member {
    struct shared *shared;
    int thread;
    pthread_t id;
};

static void *run(void *argument)
{
    const struct member *m = argument;
    struct shared *s = m->shared;
    pthread_mutex_lock(&s->lock);
    while (s->next < s->n) {
        const size_t i = s->next++;
        pthread_mutex_unlock(&s->lock);
        s->work(s->context, i, m->thread);
        pthread_mutex_lock(&s->lock);
        while (s->turn != i)
            pthread_cond_wait(&s->turned, &s->lock);
        s->take(s->context, i, m->thread);
        s->turn++;
        pthread_cond_broadcast(&s->turned);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

void base_share(int threads, size_t n, void (*work)(void *context, size_t i, int thread),
                void (*take)(void *context, size_t i, int thread), void *context)
{
    struct shared s = {.n = n,
                       .work = work,
                       .take = take,
                       .context = context,
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .turned = PTHREAD_COND_INITIALIZER};
    struct member members[MAX_THREADS];
    int started = 1;
    members[0] = (struct member){&s, 0, pthread_self()};
    while (started < threads && started < MAX_THREADS && (size_t)started < n) {
        members[started] = (struct member){.shared = &s, .thread = started};
        if (pthread_create(&members[started].id, NULL, run, &members[started]) != 0)
            break;
        started++;
    }
    run(&members[0]);
    for (int i = 1; i < started; i++)
        pthread_join(members[i].id, NULL);
    pthread_cond_destroy(&s.turned);
    pthread_mutex_destroy(&s.lock);
}
