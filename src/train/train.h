/* Networks in training: explicit weights, gradient descent, natural gradients.
 *
 * A network f(x; θ) of architecture.h is trained on T samples with targets y by steps of descent on
 *
 *     squared        ℓ = (1/2T) Σ_t |f(t) − y(t)|²                    e = f − y
 *     cross_entropy  ℓ = −(1/T) Σ_t Σ_k y_k(t) ln softmax(f(t))_k     e = softmax(f) − y  (Σ_k y_k = 1)
 *
 * with e/T = ∂ℓ/∂f. Its parameters are θ = (W, b) in the standard parametrization, and θ = (ω, β) with
 * W^l = σ_w ω^l/√M_{l-1}, b^l = σ_b β^l in that of the neural tangent kernel (KO20). Memory holds W and b in
 * either case, and the scales ∂W/∂ω and ∂b/∂β: a step ω −= η d is W −= η (∂W/∂ω) d. With rows
 *
 *     H̄^{l-1}(t) = ((∂W/∂ω) h^{l-1}(t), ∂b/∂β)
 *
 * the gradient of f_k(t) in θ^l is δ^l_k(t) ⊗ H̄^{l-1}(t), and every direction of descent but those of single
 * units is, layer by layer,
 *
 *     d^l = (1/B) Σ_t p^l(t) ⊗ H̄^{l-1}(t)               B: samples of the step; gradient: p^l = Σ_k δ^l_k e_k
 *
 * so an optimizer is what makes p (M_l, B) of the errors e (C, B). Nothing is larger than the weights.
 *
 * Residual networks are not trained.
 */
#ifndef TRAIN_TRAIN_H
#define TRAIN_TRAIN_H

#include "base/error.h"
#include "net/activation.h"
#include "net/architecture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- network.c: parameters */

struct train_network {
    const struct net_architecture *architecture;
    double **W, **b;      /* (L+1) pointers: W[l] (M_l, M_{l-1}), b[l] (M_l), l = 1..L */
    double *weight_scale; /* (L+1): ∂W^l/∂ω^l at [l] */
    double bias_scale;    /* ∂b/∂β */
};
int train_network_init(struct train_network *network, const struct net_architecture *architecture,
                       struct base_error *error);
void train_network_free(struct train_network *network);
double train_network_bytes(const struct net_architecture *architecture);
void train_network_copy(const struct train_network *from, struct train_network *to);

/* The network of a trial, the same that the samplers draw (sampler weights: bit for bit), and inputs (M_0, T)
 * of a trial, Gaussian or the given ones. */
void train_network_draw(struct train_network *network, uint64_t seed, uint64_t trial);
void train_inputs_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                       double *inputs);

/* Inputs (M_0, T') that are held out: Gaussian ones of their own, or the given ones. */
void train_test_inputs_draw(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                            double *inputs);

/* A random teacher: a network of the same architecture and law, independent of the one that is trained. */
void train_teacher_draw(struct train_network *teacher, uint64_t seed, uint64_t trial);

/* ---- signals.c: forward and backward */

struct train_signals {
    size_t B, C;
    double **h;     /* (L+1) pointers: h[l] (M_l, B); h[0] the inputs, h[L] the outputs f (C, B) */
    double **dphi;  /* (L+1) pointers: φ'(u^l) (M_l, B), l = 1..L-1 */
    double **delta; /* (L+1) pointers: δ^l_ki(t) at delta[l][i*C*B + k*B + t] (M_l, CB), l = 1..L-1, and NULL
                       at [L]; NULL where no δ of single outputs are wanted */
    double *u;      /* (max M_l, B) scratch */
};
/* deltas: with room for δ. */
int train_signals_init(struct train_signals *signals, const struct net_architecture *architecture, size_t B,
                       bool deltas, struct base_error *error);
void train_signals_free(struct train_signals *signals);
double train_signals_bytes(const struct net_architecture *architecture, size_t B, bool deltas);

/* h[1..L] and dphi of the inputs h[0]. 2B Σ_l M_l M_{l-1} flops. */
void train_forward(const struct train_network *network, const struct net_activation *activation,
                   struct train_signals *signals);

/* Layers as optimizers hand them on: P[l] (M_l, B), l = 1..L. Freed, NULL too, whatever init returned. */
int train_layers_init(double ***layers, const struct net_architecture *architecture, size_t B,
                      struct base_error *error);
void train_layers_free(double **layers);
double train_layers_bytes(const struct net_architecture *architecture, size_t B);

/* δ^l of every output, l < L (δ^L_ki = 1[k=i] stands for itself). 2CB Σ_{1<l} M_l M_{l-1} flops. */
void train_backward(const struct train_network *network, struct train_signals *signals);

/* P[l] (M_l, B) = Σ_k δ^l_ki(t) e_k(t), l = 1..L, without the δ: 2B Σ_{1<l} M_l M_{l-1} flops. */
void train_backward_errors(const struct train_network *network, const struct train_signals *signals,
                           const double *errors, double *const *P);

/* P_i(t) = Σ_k δ_ki(t) e_k(t) of the units of a layer, P (units, B), from delta[l] (units, CB) and errors e
 * (C, B); delta NULL, as delta[L] is: δ^L. */
void train_contract(size_t units, size_t C, size_t B, const double *delta, const double *errors, double *P);

/* ---- normalization.c: outputs as the loss sees them
 *
 * Over the B samples at hand, with μ_k = (1/B) Σ_t f_k(t), σ_k² = (1/B) Σ_t (f_k(t) − μ_k)² and Π = I −
 * 11ᵀ/B,
 *
 *     none     f̄_k = f_k
 *     mean     f̄_k = f_k − μ_k              ∂ℓ/∂f_k = Π ∂ℓ/∂f̄_k                               (KAA21)
 *     batch    f̄_k = (f_k − μ_k)/σ_k        ∂ℓ/∂f_k = (1/σ_k) (Π − f̄_k f̄_kᵀ/B) ∂ℓ/∂f̄_k        (KAA19b)
 *
 * batch is batch normalization in the last layer without learned gain and shift, and without an ε beside
 * σ_k²: |f̄_k|² = B, so no loss diverges. Of one sample σ is 0, of two f̄ is ±1 whatever the network; with
 * three or more σ_k is 0 where the outputs are a constant: σ_k ≤ 1e-13 |μ_k| is rounding, and f̄_k is NaN
 * then.
 */
enum train_normalization { TRAIN_AS_IS, TRAIN_MEAN, TRAIN_BATCH };
enum train_normalization train_normalization_find(const char *name);

/* f (C, B) ← f̄; sigma (C) ← σ_k of batch, 1 of the others. */
void train_normalize(enum train_normalization normalization, size_t C, size_t B, double *f, double *sigma);

/* errors (C, B): B ∂ℓ/∂f̄ ← B ∂ℓ/∂f, from f̄ and σ. */
void train_normalize_errors(enum train_normalization normalization, size_t C, size_t B, const double *f,
                            const double *sigma, double *errors);

/* dual (CB, CB): JJᵀ ← J̄J̄ᵀ, J̄ = ∂f̄/∂θ at f̄ and σ: its block (k, k') is multiplied with (1/σ_k) (Π − f̄_k
 * f̄_kᵀ/B) from the left and with that of k' from the right. room: (2C + 1) CB numbers. 4C (CB)² flops. */
void train_normalize_dual(enum train_normalization normalization, size_t C, size_t B, const double *f,
                          const double *sigma, double *room, double *dual);

/* ---- loss.c */

enum train_loss { TRAIN_SQUARED, TRAIN_CROSS_ENTROPY };
enum train_loss train_loss_find(const char *name);

/* ℓ of outputs f (C, B) and targets y (C, B), and with errors not NULL e (C, B). Outputs of any size: a loss
 * that overflows is inf, one of NaN is NaN. */
double train_loss_compute(enum train_loss loss, size_t C, size_t B, const double *f, const double *y,
                          double *errors);

/* What is called divergence: the loss is not finite, or above 1e6 times what it was at the start. */
bool train_diverged(double loss, double start);

/* The k with the largest f_k(t) of f (C, B), the first of equal ones. */
size_t train_largest_output(size_t C, size_t B, const double *f, size_t t);

/* The share of samples whose class is not that of y: the largest output's or, with one output, the sign's. */
double train_error_rate(size_t C, size_t B, const double *f, const double *y);

/* ---- descent.c: a step of descent */

/* How parameters follow a direction d: v ← μ v + d + λθ, θ −= η v; Nesterov's: θ −= η (d + λθ + μ v). */
struct train_descent {
    double rate;         /* η */
    double momentum;     /* μ */
    double weight_decay; /* λ */
    bool nesterov;
    double **velocity_W, **velocity_b; /* as W and b, in their units; NULL where μ is 0 */
    double *domega, *dbeta;            /* scratch: some units' direction */
};
int train_descent_init(struct train_descent *descent, const struct net_architecture *architecture,
                       struct base_error *error);
void train_descent_free(struct train_descent *descent);
/* Forgets the velocities. */
void train_descent_reset(struct train_descent *descent, const struct net_architecture *architecture);

/* A step of all layers along d^l = (1/B) Σ_t P[l](t) ⊗ H̄^{l-1}(t). 2B Σ_l M_l M_{l-1} flops. */
void train_descend(const struct train_descent *descent, struct train_network *network,
                   const struct train_signals *signals, const double *const *P);

double train_descent_bytes(const struct net_architecture *architecture);

/* A step of units first .. first+n-1 of layer l along dω (n, M_{l-1}), dβ (n), which are destroyed. */
void train_descend_units(const struct train_descent *descent, struct train_network *network, size_t l,
                         size_t first, size_t n, double *domega, double *dbeta);

/* ---- optimizers (optimizer.c and a file each)
 *
 * An optimizer is one const struct, one file and one line in optimizer.c. Of the signals of a step, prepare
 * makes what does not depend on the errors (Grams, factors); then one of two makes the direction of descent:
 *
 *     direction    P[l] (M_l, B) from errors (C, B), linear in them
 *     descend      the whole step, for those that treat rows of the gradient by themselves
 */
struct train_optimizer {
    const char *name; /* as an experiment's training.optimizer says it */
    const char *doc;
    bool deltas; /* it reads δ of every output */
    double (*bytes)(const struct net_architecture *architecture, size_t B);
    /* Of a step, besides forward, backward pass and descent. */
    double (*flops)(const struct net_architecture *architecture, size_t B);
    int (*init)(void **work, const struct net_architecture *architecture, size_t B, struct base_error *error);
    void (*free)(void *work);
    /* damping: ε; ρ = ε times the mean diagonal of each matrix that is inverted. BASE_UNRESOLVED where one
     * cannot be inverted. */
    int (*prepare)(void *work, const struct train_network *network, const struct train_signals *signals,
                   double damping, struct base_error *error);
    int (*direction)(void *work, const struct train_network *network, const struct train_signals *signals,
                     const double *errors, double *const *P, struct base_error *error);
    int (*descend)(void *work, const struct train_descent *descent, struct train_network *network,
                   const struct train_signals *signals, const double *errors, struct base_error *error);
    /* NULL, or the matrix of train_isotropy_kernel for less than CB directions. */
    int (*kernel)(void *work, const struct train_network *network, const struct train_signals *signals,
                  double *kernel, struct base_error *error);
};
extern const struct train_optimizer train_gradient;

/* Natural gradients: d = (F̂ + ρ)⁻¹ ∂ℓ/∂θ, F̂ made of the Fisher matrix F = (1/B) JᵀJ of the batch in hand in
 * the parameters of the network's parametrization (KO20). All of it in the dual, with Gram matrices of the
 * samples and in double precision: with Θ^l = D^l ∘ A^{l-1} (duals.h) the time besides forward, backward pass
 * and descent is
 *
 *     exact           F                                                   Σ_l (CB)² M_l + (CB)³/3 flops
 *     layer           its blocks of layers                                the same, L factors
 *     tridiagonal     and those beside them; none for L = 3s + 2          the same
 *     kfac            A_{l-1} ⊗ B_l for each layer, B_L = I_C             Σ_l 3 (CB)² M_l + L (CB)³/3
 *     kfac_scaled     B_L = I_C/B
 *     unit            blocks of hidden units, of the last layer           Σ_l M_l (active samples)³/3
 *     unit_explicit   blocks of units, each of a Gaussian law (AKO19)     a gradient step, and 1e3 φ' a unit
 *     quasi_diagonal  Ollivier's quasi-diagonal blocks of units           three gradient updates
 *
 * Each matrix that is inverted has ρ = ε times the mean of its own diagonal added, in the dual; those of all
 * units of a layer the mean over the layer; K-FAC's B_L ρ = ε B_L. exact is of the cross entropy too, with F
 * = (1/B) Jᵀ Q J and Q_t = diag(g) − ggᵀ; the others are of the squared loss. Biases count, with weight σ_b
 * in the NTK parametrization. */
extern const struct train_optimizer train_exact;          /* exact.c */
extern const struct train_optimizer train_layer;          /* layer.c */
extern const struct train_optimizer train_tridiagonal;    /* layer.c */
extern const struct train_optimizer train_kfac;           /* kfac.c */
extern const struct train_optimizer train_kfac_scaled;    /* kfac.c */
extern const struct train_optimizer train_unit;           /* unit.c */
extern const struct train_optimizer train_unit_explicit;  /* rows.c */
extern const struct train_optimizer train_quasi_diagonal; /* rows.c */

/* All of them, ended by NULL; that of a name, NULL where there is none. */
extern const struct train_optimizer *const train_optimizers[];
const struct train_optimizer *train_optimizer_find(const char *name);

/* ---- isotropy.c: J F̂⁻¹ Jᵀ/B, what a step along the direction does to the outputs
 *
 * f ← f − η K̂ e in the linear regime. A natural gradient is isotropic (KO20) where K̂ = a I: then the squared
 * loss shrinks by (1 − ηa)² a step. */

/* K̂ (CB, CB) row after row from the directions of unit errors (both triangles), of an optimizer that is
 * prepared and has `direction`. CB directions and 2L (CB)² B M flops. */
int train_isotropy_kernel(const struct train_optimizer *optimizer, void *work,
                          const struct train_network *network, const struct train_signals *signals,
                          double *kernel, struct base_error *error);

/* a = tr K̂/CB and the anisotropy ‖K̂ − a I‖/(a √CB), Frobenius: the root mean square of the relative
 * deviations of K̂'s eigenvalues from a, 0 where it is isotropic, whatever the size. (CB)² numbers. */
int train_isotropy(const struct train_optimizer *optimizer, void *work, const struct train_network *network,
                   const struct train_signals *signals, double *a, double *anisotropy,
                   struct base_error *error);
double train_isotropy_bytes(const struct net_architecture *architecture, size_t B);

/* ---- schedule.c: batches and learning rates step by step (LDRC20; adaptive ones are beyond)
 *
 * A stage {epoch, batch, factor} is entered before the first step at which samples/T has come to its epoch,
 * samples being those of all steps so far, or with {step} at which so many steps are over. From then on steps
 * take `batch` samples (at most T), and the learning rate is multiplied by `factor`, that of all stages
 * entered: two of 0.1 leave 0.01.
 */
struct train_schedule {
    const struct experiment_training *training;
    size_t T, stage; /* stages entered */
    size_t steps;    /* made so far */
    size_t samples;  /* that they took */
    size_t B;        /* of the next step */
    double factor;   /* of its learning rate */
};
void train_schedule_begin(struct train_schedule *schedule, const struct net_architecture *architecture);
/* A step was made; whether an epoch ended with it: samples/T has come to another whole number. */
bool train_schedule_step(struct train_schedule *schedule);
/* The next step has twice the samples, at most T: adaptive batches after an epoch that fails the norm test.
 */
void train_schedule_grow(struct train_schedule *schedule);
/* No further step: `steps` are made, or `epochs` are over. */
bool train_schedule_over(const struct train_schedule *schedule);
/* The largest batch that a training can come to. */
size_t train_schedule_most(const struct net_architecture *architecture);

/* ---- batches.c: the samples of each step
 *
 * Epoch after epoch they are taken in a random order, each epoch's own, that does not depend on the size of
 * batches. A batch that takes the last n samples of one epoch and the first m of the next has none twice,
 * which would make its Fisher matrix singular: from i = 0 on, a sample i < m that it already has changes
 * places with the next one from m on that it has not.
 */
struct train_batches {
    const struct net_architecture *architecture;
    uint64_t seed, trial;
    size_t taken;    /* samples that batches have taken */
    size_t *order;   /* (T) the samples of the epoch in hand */
    size_t *columns; /* (B) the samples of the batch in hand */
};
int train_batches_init(struct train_batches *batches, const struct net_architecture *architecture,
                       struct base_error *error);
void train_batches_free(struct train_batches *batches);
double train_batches_bytes(const struct net_architecture *architecture);
void train_batches_begin(struct train_batches *batches, uint64_t seed, uint64_t trial);
/* The next batch, of B < T samples. */
int train_batches_next(struct train_batches *batches, size_t B, struct base_error *error);

/* order (T) of an epoch, before any change. BASE_FAILED without memory. */
int train_epoch_order(const struct net_architecture *architecture, uint64_t seed, uint64_t trial,
                      uint64_t epoch, size_t *order, struct base_error *error);

/* ---- spectra.c: spectra of minibatches (LDRC20, as the authors' code has them)
 *
 * The rows of J (B, P) are the gradients of the samples' own losses, without 1/B, in θ of the
 * parametrization in use: row t is (p^1(t) ⊗ H̄^0(t), …, p^L(t) ⊗ H̄^{L-1}(t)). Its dual is a sum over layers,
 *
 *     K = JJᵀ (B, B)        K_st = Σ_l (p^l(s)·p^l(t)) (H̄^{l-1}(s)·H̄^{l-1}(t))
 *
 * and of the minibatch of step k, with B_k samples and learning rate η_k,
 *
 *     C_k = √(λ_max/λ_min⁺)         the condition of J; λ counts as positive above B ε_mach λ_max
 *     C̄ = mean of C_k               over the steps that are measured
 *     L = Σ_k (η_k/B_k) √(tr K_k)   over them, divided by the share of all steps that they are
 *
 * L grows with every step. Of normalized outputs a row is what its sample adds to the sum that a step
 * descends along.
 */
struct train_spectra {
    double *K, *A, *H;    /* (B, B) K, and scratch: Grams of p and h of a layer */
    double *values;       /* (B) scratch */
    size_t measured;      /* steps */
    size_t conditioned;   /* those that have a condition */
    double conditions;    /* Σ C_k */
    double energies;      /* Σ (η_k/B_k) √(tr K_k) */
    double noise, signal; /* the two sums of the norm test */
};
struct train_spectrum {
    double eig_max, condition; /* NaN where eigenvalues are not found, or none is positive */
    double energy;             /* √(tr K) */
};
/* Room for batches of up to `most` samples. */
int train_spectra_init(struct train_spectra *spectra, size_t most, struct base_error *error);
void train_spectra_free(struct train_spectra *spectra);
void train_spectra_reset(struct train_spectra *spectra);
double train_spectra_bytes(size_t most);
double train_spectra_flops(const struct net_architecture *architecture, size_t B, bool eigenvalues);

/* K of a batch from p^l of plain gradients (train_backward_errors): P[l] (M_l, B). B² Σ_l (M_l + M_{l-1})
 * flops. */
void train_spectra_gram(struct train_spectra *spectra, const struct train_network *network,
                        const struct train_signals *signals, const double *const *P);

/* The norm test (beyond): whether the variance of the mean g of a batch's B > 1 gradients g_t, as they let
 * estimate it, exceeds θ² of |g|², both summed over some steps:
 *
 *     Σ (1/B) (1/(B−1)) Σ_t |g_t − g|²  >  θ² Σ |g|²         Σ_t |g_t|² = tr K, B² |g|² = 1ᵀK1
 *
 * The variance is in the expected |g|² too, so that θ² is the share of noise that is too much of it. */
void train_spectra_weigh(struct train_spectra *spectra, size_t B);     /* adds K to both sums; K is kept */
bool train_spectra_noisy(struct train_spectra *spectra, double theta); /* empties them */

/* The spectrum of K, which is destroyed, into the sums. (4/3) B³ flops. */
int train_spectra_measure(struct train_spectra *spectra, size_t B, double rate,
                          struct train_spectrum *spectrum, struct base_error *error);

/* C̄, and L of so many steps; NaN where none is measured. */
double train_spectra_condition_mean(const struct train_spectra *spectra);
double train_spectra_cumulative(const struct train_spectra *spectra, size_t steps);

/* ---- run.c: a whole training */

/* What is looked at while it goes on. */
struct train_watch {
    /* After every step, with the loss of the batch before it; false: stop now. */
    bool (*step)(void *context, size_t step, double loss);
    void *context;
};

/* Of the minibatch of step s at [s]: NaN at steps that are not measured, but the last two at the end. */
struct train_spectra_record {
    double *eig_max, *condition, *energy;       /* (steps+1) λ_max, C_s, √(tr K_s) */
    double *condition_mean, *energy_cumulative; /* (steps+1) C̄, L of steps 1..s */
};

/* Where numbers go, each NULL where it is not wanted. Entry s is of after s steps; only those of recorded
 * steps are set, and none after the training has diverged or met a step that does not exist. */
struct train_record {
    double *train_loss; /* (steps+1) of all T samples */
    double *test_loss;  /* (steps+1) of the T' held out; nothing is set with T' = 0 */
    double *test_error; /* (steps+1) */
    double *diverged; /* 1: the loss became not finite, or 1e6 times what it was at the start; else 0, and NaN
                         where a step does not exist */
    double *batch_size, *rate; /* (steps+1) B and η of step s, [1..] */
    double *epoch;             /* (steps+1) samples of steps 1..s over T */
    struct train_spectra_record spectra;
    /* Of full batches alone: 1 − ⟨g_1, g_0⟩/⟨g_0, g_0⟩ of the errors of the squared loss after one and no
     * step (B ∂ℓ/∂f, where outputs are normalized), and (ℓ_n/ℓ_0)^(1/n), n = min(4, steps). */
    double *first_step_share, *loss_factor;
};

struct train_run; /* what a training of one architecture needs, again and again */
double train_run_bytes(const struct net_architecture *architecture);
double train_run_flops(const struct net_architecture *architecture);
int train_run_init(struct train_run **run, const struct net_architecture *architecture,
                   struct base_error *error);
void train_run_free(struct train_run *run);

/* Trains the network of a trial with learning rate η. BASE_STOPPED as the watch says; BASE_UNRESOLVED where a
 * natural gradient does not exist: what is recorded of the steps before stands. watch may be NULL. */
int train_run(struct train_run *run, uint64_t seed, uint64_t trial, double rate,
              const struct train_watch *watch, const struct train_record *record, struct base_error *error);

/* train_isotropy of the network and the first batch of a trial, before any step. NaN for an optimizer without
 * `direction`; BASE_UNRESOLVED as train_run. */
int train_run_isotropy(struct train_run *run, uint64_t seed, uint64_t trial, double *a, double *anisotropy,
                       struct base_error *error);

/* ---- boundary.c: learning rates up to which gradient descent is stable (KAA19)
 *
 * Of the network of a trial, under gradient descent on (1/2T) Σ_t |f − y|² with all T samples and the
 * momentum of its training; its batches, optimizer, loss and decay have no part. With normalized outputs f
 * and F are those of f̄: what F leaves of the Hessian is in proportion to f̄ − y.
 *
 * stability: targets y = f(θ_0) − 1e-6 √T v, v the leading eigenvector of the dual F* at θ_0. f − y begins in
 * the mode that grows first, too small for anything but the linear dynamics, and a rate is unstable where
 * |v·(f − y)| after 10 steps exceeds its start; with momentum the start is after n steps, μ^n ≤ 1e-4. To a
 * relative tolerance of 1e-4. Theory of linear dynamics: 2/λ_max(F*); 2(1+μ)/λ_max for heavy balls,
 * 2(1+μ)/((1+2μ) λ_max) for Nesterov's.
 *
 * recovery: the targets are the labels', or the outputs of the training's random teacher. A finite network
 * recovers from rates above that boundary (the "catapult"): the loss grows until λ_max has come down. A rate
 * recovers where the loss does not diverge within 30/(1−μ) steps. Bisection between a rate that recovers and
 * one that does not, the first power of two above the boundary of linear stability, to 1e-2: the set of rates
 * that recover has no sharp end. NaN where all do up to 64 times that of linear dynamics, and for `batch`,
 * whose loss is bounded at any rate; it is not searched then.
 */
struct train_boundaries {
    double eig_max;             /* λ_max(F*) */
    double stability, recovery; /* η; NaN: none found */
};
struct train_boundary; /* what a search takes, again and again */
double train_boundary_bytes(const struct net_architecture *architecture);
double train_boundary_flops(const struct net_architecture *architecture);
double train_boundary_steps(const struct net_architecture *architecture); /* about as many are made */
int train_boundary_init(struct train_boundary **boundary, const struct net_architecture *architecture,
                        struct base_error *error);
void train_boundary_free(struct train_boundary *boundary);

/* BASE_UNRESOLVED where F* has no largest eigenvalue; BASE_STOPPED as the watch says, which may be NULL. */
int train_boundary_find(struct train_boundary *boundary, uint64_t seed, uint64_t trial,
                        const struct train_watch *watch, struct train_boundaries *found,
                        struct base_error *error);

/* λ_max(F*) times the boundary of linear dynamics: 2, 2(1+μ) or 2(1+μ)/(1+2μ). */
double train_boundary_factor(const struct net_architecture *architecture);

#endif
