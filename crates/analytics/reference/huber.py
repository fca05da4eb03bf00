"""The exact minimiser of scikit-learn's Huber objective.

HuberRegressor stops its quasi-Newton search early at real prices and reports success, so it is no reference
for the optimum of its own objective:

    n·σ + Σ_in r²/σ + Σ_out (2ε|r| − σε²) + a·β²,     in: |r| ≤ εσ

Here the same convex objective is minimised on standardised data by damped Newton (Levenberg) steps in extended precision.
"""

import numpy as np

LD = np.longdouble


def objective(y, x, beta, alpha, sigma, epsilon=1.35, a=1e-4):
    r = np.abs(y - alpha - beta * x)
    out = r > epsilon * sigma
    return (
        len(y) * sigma + (r[~out] ** 2).sum() / sigma + (2 * epsilon * r[out] - sigma * epsilon**2).sum() + a * beta**2
    )


def _derivatives(y, x, p, epsilon, a):
    beta, alpha, sigma = p
    r = y - alpha - beta * x
    out = np.abs(r) > epsilon * sigma
    i = ~out
    ri, xi, n_in = r[i], x[i], LD(i.sum())
    s = np.sign(r[out])
    gradient = np.array([
        -2 * (ri * xi).sum() / sigma - 2 * epsilon * (s * x[out]).sum() + 2 * a * beta,
        -2 * ri.sum() / sigma - 2 * epsilon * s.sum(),
        len(y) - (ri**2).sum() / sigma**2 - epsilon**2 * out.sum(),
    ])  # fmt: skip
    bb, ba, aa = 2 * (xi**2).sum() / sigma + 2 * a, 2 * xi.sum() / sigma, 2 * n_in / sigma
    bs, as_, ss = 2 * (ri * xi).sum() / sigma**2, 2 * ri.sum() / sigma**2, 2 * (ri**2).sum() / sigma**3
    return gradient, np.array([[bb, ba, bs], [ba, aa, as_], [bs, as_, ss]])


def _solve(m, v):
    """3×3 by elimination with pivoting: numpy's own knows no extended precision."""
    a = np.column_stack([m, v]).astype(LD)
    for k in range(3):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        a[[k, p]] = a[[p, k]]
        for r in range(3):
            if r != k:
                a[r] -= a[k] * (a[r, k] / a[k, k])
    return a[:, 3] / np.diag(a[:, :3])


def huber_optimum(y, x, epsilon=1.35, alpha=1e-4):
    yl, xl = y.astype(LD), x.astype(LD)
    ym, xm = yl.mean(), xl.mean()
    ys, xs = yl.std(), xl.std()
    v, u = (yl - ym) / ys, (xl - xm) / xs
    # a·β² of the raw slope β = b·ys/xs; the objective in standard units is the raw one over ys.
    a = LD(alpha) * (ys / xs) ** 2 / ys
    eps = LD(epsilon)
    slope = (u * v).sum() / (u * u).sum()
    p = np.array([slope, LD(0), (v - slope * u).std() + LD(1e-12)])
    f, damping, steps = objective(v, u, *p, eps, a), LD(0), 0
    gradient, hessian = _derivatives(v, u, p, eps, a)
    while np.abs(gradient).max() > LD(1e-15) * len(y):
        steps += 1
        if steps > 2_000:
            raise ArithmeticError(f"no optimum: gradient {np.abs(gradient).max()}")
        # Where all points are outliers the Hessian is singular, and σ must stay positive: Levenberg's
        # damping grows until a step helps, and fades while steps do.
        q = p - _solve(hessian + np.eye(3, dtype=LD) * (damping + LD(1e-17) * np.trace(hessian)), gradient)
        best = objective(v, u, *q, eps, a) if q[2] > 0 else LD(np.inf)
        if not best <= f + LD(1e-18) * abs(f):
            damping = max(4 * damping, LD(1e-6) * len(y))
            if damping > LD(1e12) * len(y):
                break
            continue
        p, f, damping = q, best, damping / 8 if damping > LD(1e-9) * len(y) else LD(0)
        gradient, hessian = _derivatives(v, u, p, eps, a)
    if np.abs(gradient).max() > LD(1e-12) * len(y):
        raise ArithmeticError(f"no optimum: gradient {np.abs(gradient).max()}")
    beta = p[0] * ys / xs
    intercept = ym + ys * p[1] - beta * xm
    sigma = p[2] * ys
    r = np.abs(yl - intercept - beta * xl)
    return {
        "beta": float(beta),
        "alpha": float(intercept),
        "scale": float(sigma),
        "n_outliers": int((r > eps * sigma).sum()),
        "objective": float(objective(yl, xl, beta, intercept, sigma, eps, LD(alpha))),
        "newton_steps": steps,
        "gradient_norm": float(np.abs(gradient).max() / len(y)),
    }
