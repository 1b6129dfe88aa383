#include "train/train.h"

static size_t clamp(int64_t batch, size_t T)
{
    return batch == 0 || (size_t)batch > T ? T : (size_t)batch;
}

/* Whether a stage has begun. */
static bool begun(const struct train_schedule *s, const struct experiment_stage *stage)
{
    return stage->step > 0 ? s->steps >= (size_t)stage->step
                           : (double)s->samples >= stage->epoch * (double)s->T;
}

static void enter(struct train_schedule *s)
{
    const struct experiment_schedule *schedule = &s->training->schedule;
    for (; s->stage < schedule->n && begun(s, &schedule->stages[s->stage]); s->stage++) {
        const struct experiment_stage *stage = &schedule->stages[s->stage];
        s->B = stage->batch >= 0 ? clamp(stage->batch, s->T) : s->B;
        s->factor *= stage->factor;
    }
}

void train_schedule_begin(struct train_schedule *schedule, const struct net_architecture *architecture)
{
    const struct net_architecture *a = architecture;
    *schedule = (struct train_schedule){
        .training = a->training, .T = a->T, .B = clamp(a->training->batch, a->T), .factor = 1};
}

bool train_schedule_step(struct train_schedule *schedule)
{
    struct train_schedule *s = schedule;
    const size_t epoch = s->samples / s->T;
    s->steps++;
    s->samples += s->B;
    enter(s);
    return s->samples / s->T > epoch;
}

void train_schedule_grow(struct train_schedule *schedule)
{
    struct train_schedule *s = schedule;
    s->B = 2 * s->B < s->T ? 2 * s->B : s->T;
}

bool train_schedule_over(const struct train_schedule *schedule)
{
    const struct train_schedule *s = schedule;
    const double epochs = s->training->epochs;
    return s->steps >= (size_t)s->training->steps ||
           (epochs > 0 && (double)s->samples >= epochs * (double)s->T);
}

size_t train_schedule_most(const struct net_architecture *architecture)
{
    const struct experiment_training *training = architecture->training;
    const size_t T = architecture->T;
    size_t most = training->adaptive > 0 ? T : clamp(training->batch, T);
    for (size_t i = 0; i < training->schedule.n; i++) {
        const int64_t batch = training->schedule.stages[i].batch;
        const size_t B = batch >= 0 ? clamp(batch, T) : 1;
        most = B > most ? B : most;
    }
    return most;
}
