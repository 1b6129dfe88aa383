"""Statistics of the Fisher matrix in NumPy, as well as one can: what the benchmark holds Fisherfield against.

Every weight is drawn, signals go forward and backward by matrix products, and the dual
    F* = (1/T) sum_l D^l o (H^{l-1} + 1) ,   H^l = h^T h (T, T) ,   D^l = delta^T delta (CT, CT)
gives tr F, ||F||^2 and lambda_max; the Jacobian is never formed. Nothing large is allocated twice, sigma_w/sqrt(M)
scales the signals and not the weights, normals come from the fastest generator, and the weights of the first layer
make room for those of the second, as nothing needs them on the way back.

Prints one line of "name=value": seconds (of the networks alone), blas, then mean and standard error of each statistic.
"""
import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from math import sqrt
from time import perf_counter

import numpy as np

SIGMA_W2, SIGMA_B2 = 3, 0.64  # and tanh


class Normals:
    """N(0, 1) into arrays, in `threads` threads: a generator each, and NumPy lets go of its lock."""

    def __init__(self, seed, threads):
        self.generators = [np.random.Generator(np.random.SFC64(s)) for s in np.random.SeedSequence(seed).spawn(threads)]
        self.pool = ThreadPoolExecutor(threads)

    def fill(self, x):
        if len(self.generators) == 1 or x.size < 100000:
            self.generators[0].standard_normal(out=x)
            return
        parts = np.array_split(x, len(self.generators))  # whole rows: views
        list(self.pool.map(lambda g, part: g.standard_normal(out=part), self.generators, parts))


class Network:
    """Room for one network of L layers, M units, C outputs, T samples."""

    def __init__(self, M, L, C, T):
        self.M, self.L, self.C, self.T = M, L, C, T
        rooms = [np.empty((M, M)) for _ in range(max(1, L - 2))] if L > 1 else []
        self.W = [None, *(rooms[max(0, l - 2)] for l in range(1, L)), np.empty((C, M))]
        self.b = np.empty((M, 1))
        self.h = [np.empty((M, T)) for _ in range(L)]
        self.delta, self.below = np.empty((M, C * T)), np.empty((M, C * T))
        self.D = np.empty((C * T, C * T))
        self.dual = np.empty((C * T, C * T))

    def forward(self, normals):
        scale = sqrt(SIGMA_W2 / self.M)
        normals.fill(self.h[0])
        for l in range(1, self.L):
            h = self.h[l]
            normals.fill(self.W[l])
            normals.fill(self.b)
            np.matmul(self.W[l], self.h[l - 1], out=h)
            h *= scale
            h += sqrt(SIGMA_B2) * self.b
            np.tanh(h, out=h)
        normals.fill(self.W[self.L])  # the outputs themselves are in no statistic

    def measure(self):
        """F*, on the way back."""
        M, L, C, T = self.M, self.L, self.C, self.T
        blocks = self.dual.reshape(C, T, C, T)
        self.dual[:] = 0
        H = self.h[L - 1].T @ self.h[L - 1]
        for k in range(C):  # the outputs: delta^L = 1 in each one's own block
            blocks[k, :, k, :] = H + 1
        scale = sqrt(SIGMA_W2 / M)
        for l in range(L - 1, 0, -1):
            h = self.h[l]
            if l == L - 1:
                self.delta.reshape(M, C, T)[:] = scale * self.W[L].T[:, :, None]
            else:
                np.matmul(self.W[l + 1].T, self.delta, out=self.below)
                self.below *= scale
                self.delta, self.below = self.below, self.delta
            np.multiply(h, h, out=h)  # tanh' = 1 - tanh^2, and h^l is not needed any more
            np.subtract(1, h, out=h)
            self.delta.reshape(M, C, T)[:] *= h[:, None, :]
            H = self.h[l - 1].T @ self.h[l - 1]
            H += 1
            np.matmul(self.delta.T, self.delta, out=self.D)  # A.T @ A: NumPy takes dsyrk
            D = self.D.reshape(C, T, C, T)
            D *= H[None, :, None, :]
            self.dual += self.D
        self.dual /= T


def lanczos_max(A, tolerance=1e-10, most=300):
    """lambda_max of a symmetric A by Lanczos with full reorthogonalisation, to a residual of tolerance*lambda_max."""
    n = len(A)
    most = min(most, n)
    Q, alpha, beta = np.empty((most + 1, n)), np.empty(most), np.empty(most)
    q = 1 + 0.618 * (np.arange(n) * 7919 % 1013) / 1013
    Q[0] = q / np.linalg.norm(q)
    for j in range(most):
        r = A @ Q[j]
        alpha[j] = Q[j] @ r
        for _ in range(2):
            r -= (Q[:j + 1] @ r) @ Q[:j + 1]
        beta[j] = np.linalg.norm(r)
        if j % 4 == 3 or j + 1 == most or beta[j] < 1e-14 * alpha[0]:
            values, vectors = np.linalg.eigh(np.diag(alpha[:j + 1]) + np.diag(beta[:j], 1) + np.diag(beta[:j], -1))
            if beta[j] * abs(vectors[-1, -1]) <= tolerance * values[-1]:
                return values[-1]
        Q[j + 1] = r / beta[j]
    return np.linalg.eigvalsh(A)[-1]


def blas_kernel():
    """The kernel of the OpenBLAS that NumPy has loaded, "none" where it is another BLAS."""
    import ctypes
    with open("/proc/self/maps") as maps:
        found = [line.split()[-1] for line in maps if "libopenblas" in line]
    if not found:
        return "none"
    name = ctypes.CDLL(found[0]).openblas_get_corename
    name.restype = ctypes.c_char_p
    return name().decode()


def sample(a, seed, networks):
    normals = Normals(seed, a.threads)
    network = Network(a.M, a.L, a.C, a.T)
    P = a.M * (a.M + 1) * (a.L - 1) + a.C * (a.M + 1)
    rows = np.empty((networks, 3))
    for row in rows:
        network.forward(normals)
        network.measure()
        dual = network.dual
        row[:] = (np.trace(dual) / P, np.vdot(dual, dual) / P,
                  np.linalg.eigvalsh(dual)[-1] if a.eig == "eigvalsh" else lanczos_max(dual))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, what in ("M", "width"), ("L", "weight layers"), ("C", "outputs"), ("T", "samples"):
        parser.add_argument(name, type=int, help=what)
    parser.add_argument("--networks", type=int, default=10, help="how many in all (10)")
    parser.add_argument("--processes", type=int, default=1, help="networks side by side (1)")
    parser.add_argument("--threads", type=int, default=1, help="that draw normals; BLAS: OPENBLAS_NUM_THREADS (1)")
    parser.add_argument("--eig", choices=("eigvalsh", "lanczos"), default="lanczos")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()

    start = perf_counter()
    mine = [a.networks // a.processes + (i < a.networks % a.processes) for i in range(a.processes)]
    pipes = []
    for i in range(1, a.processes):
        read, write = os.pipe()
        if os.fork() == 0:
            with os.fdopen(write, "wb") as out:
                out.write(sample(a, [a.seed, i], mine[i]).tobytes())
            os._exit(0)
        os.close(write)
        pipes.append(read)
    rows = [sample(a, [a.seed, 0], mine[0])]
    for read in pipes:
        with os.fdopen(read, "rb") as done:
            rows.append(np.frombuffer(done.read()).reshape(-1, 3))
        if os.wait()[1] != 0:
            raise SystemExit("a process failed")
    rows = np.concatenate(rows)

    print(f"seconds={perf_counter() - start:.6g} blas={blas_kernel()}", end="")
    for name, x in zip(("fisher_eig_mean", "fisher_eig_second_moment", "fisher_eig_max"), rows.T):
        error = x.std(ddof=1) / sqrt(len(x)) if len(x) > 1 else float("nan")
        print(f" {name}={x.mean():.12g} {name}_se={error:.6g}", end="")
    print()


if __name__ == "__main__":
    main()
