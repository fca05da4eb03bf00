"""Makes the golden figures in ../tests/fixtures/generated.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    OPENBLAS_NUM_THREADS=1 .venv/bin/python generate.py

The pairs are synthetic, from fixed seeds. With the pinned packages the figures come out the same to the
last digits that their algorithms determine. Prices are rounded to a tick, so that a CSV holds them exactly.
"""

import json
import platform
import warnings
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
import pykalman
import statsmodels.api as sm
from scipy.stats import false_discovery_control, norm, theilslopes
from statsmodels.tsa.adfvalues import mackinnoncrit, mackinnonp
from statsmodels.tsa.coint_tables import c_sja, c_sjt
from statsmodels.tsa.stattools import adfuller, coint
from statsmodels.tsa.vector_ar.vecm import coint_johansen

from huber import huber_optimum

OUT = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "generated"
META = {
    "made_by": "reference/generate.py",
    "python": platform.python_version(),
    "packages": {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "statsmodels": statsmodels.__version__,
        "pykalman": pykalman.__version__,
    },
}
warnings.simplefilter("ignore")


# --- pairs ------------------------------------------------------------------------------------------


def cointegrated(rng, n=320):
    """Prices of the size of BTC and ETH in dollars, an AR(1) spread, ticks of a cent."""
    x = 3_000 + np.cumsum(rng.normal(scale=4.0, size=n))
    spread = np.zeros(n)
    for t in range(1, n):
        spread[t] = 0.8 * spread[t - 1] + rng.normal(scale=30.0)
    return np.round(5_000 + 18.0 * x + spread, 2), np.round(x, 2)


def walks(rng, n=260):
    """Two random walks that have nothing to do with each other."""
    return (
        np.round(50 + np.cumsum(rng.normal(scale=0.3, size=n)), 4),
        np.round(80 + np.cumsum(rng.normal(scale=0.5, size=n)), 4),
    )


def outliers(rng, n=240):
    """Coarse ticks (so ties in both legs), heavy tails, and one bar in forty far off."""
    x = 10 + np.cumsum(rng.normal(scale=0.05, size=n))
    y = 2 + 0.7 * x + 0.03 * rng.standard_t(3, size=n)
    far = rng.random(n) < 0.025
    y[far] += rng.choice([-1, 1], size=far.sum()) * 2.0
    return np.round(y, 2), np.round(x, 2)


# --- models -----------------------------------------------------------------------------------------


def ols(y, x):
    """Centred least squares in extended precision."""
    y, x = y.astype(np.longdouble), x.astype(np.longdouble)
    xm, ym = x.mean(), y.mean()
    beta = ((x - xm) * (y - ym)).sum() / ((x - xm) ** 2).sum()
    return float(beta), float(ym - beta * xm)


def ols_block(y, x):
    maxlags = int(np.ceil(1.3 * np.sqrt(len(y))))
    exog = sm.add_constant(x)
    fit = sm.OLS(y, exog).fit()
    hac = sm.OLS(y, exog).fit(
        cov_type="HAC", cov_kwds={"maxlags": maxlags, "kernel": "bartlett", "use_correction": False}
    )
    return {
        "beta": fit.params[1], "alpha": fit.params[0], "r2": fit.rsquared, "sigma2": fit.mse_resid,
        "beta_se": fit.bse[1], "alpha_se": fit.bse[0], "beta_t": fit.tvalues[1], "alpha_t": fit.tvalues[0],
        "beta_se_hac": hac.bse[1], "alpha_se_hac": hac.bse[0], "hac_maxlags": maxlags,
        "spread": list(fit.resid),
    }  # fmt: skip


def huber_block(y, x):
    found = huber_optimum(y, x)
    found["spread"] = list(y - found["alpha"] - found["beta"] * x)
    return found


def theil_sen_block(y, x):
    separate, joint = theilslopes(y, x, 0.95, "separate"), theilslopes(y, x, 0.95, "joint")
    return {
        "beta": separate[0], "alpha": separate[1], "beta_low": separate[2], "beta_high": separate[3],
        "alpha_joint": joint[1], "spread": list(y - separate[1] - separate[0] * x),
    }  # fmt: skip


def kalman_block(y, x, covariance):
    """pykalman's filter, and the innovations and their variances that follow from its states."""
    delta = 1e-5
    q, r = delta / (1 - delta) * np.eye(2), 1.0
    h = np.column_stack([x, np.ones_like(x)])
    kf = pykalman.KalmanFilter(
        n_dim_obs=1, n_dim_state=2, initial_state_mean=np.zeros(2), initial_state_covariance=covariance,
        transition_matrices=np.eye(2), observation_matrices=h[:, np.newaxis, :],
        observation_covariance=r, transition_covariance=q,
    )  # fmt: skip
    means, covs = kf.filter(y)
    means, covs = np.asarray(means), np.asarray(covs)
    e, s = np.empty(len(y)), np.empty(len(y))
    for t in range(len(y)):
        mean, cov = (np.zeros(2), covariance) if t == 0 else (means[t - 1], covs[t - 1] + q)
        e[t] = y[t] - h[t] @ mean
        s[t] = h[t] @ cov @ h[t] + r
    return {
        "delta": delta, "observation_covariance": r, "initial_covariance": covariance.tolist(),
        "beta": list(means[:, 0]), "alpha": list(means[:, 1]), "e": list(e), "s": list(s),
        "beta_variance": list(covs[:, 0, 0]), "alpha_variance": list(covs[:, 1, 1]),
        "beta_alpha_covariance": list(covs[:, 0, 1]),
    }  # fmt: skip


def kalman_memory_block(y, x, lookback, memory):
    """noise = memory: variances, state and covariance from OLS on the first bars, then pykalman on the rest."""
    fit = sm.OLS(y[:lookback], sm.add_constant(x[:lookback])).fit()
    r = fit.mse_resid
    q = r / memory**2 * np.diag([1 / np.mean(x[:lookback] ** 2), 1.0])
    cov = fit.cov_params()[::-1, ::-1]
    h = np.column_stack([x, np.ones_like(x)])[lookback:]
    # The first bar after training is predicted: time has passed. pykalman predicts from its second bar on.
    kf = pykalman.KalmanFilter(
        n_dim_obs=1, n_dim_state=2, initial_state_mean=fit.params[::-1], initial_state_covariance=cov + q,
        transition_matrices=np.eye(2), observation_matrices=h[:, np.newaxis, :],
        observation_covariance=r, transition_covariance=q,
    )  # fmt: skip
    means, covs = (np.asarray(v) for v in kf.filter(y[lookback:]))
    e, s = [], []
    for t, row in enumerate(h):
        mean, before = (fit.params[::-1], cov + q) if t == 0 else (means[t - 1], covs[t - 1] + q)
        e.append(y[lookback + t] - row @ mean)
        s.append(row @ before @ row + r)
    return {
        "lookback": lookback, "memory": memory, "observation_covariance": r, "beta": list(means[:, 0]),
        "alpha": list(means[:, 1]), "e": e, "s": s, "standardized_sd": np.std(np.array(e) / np.sqrt(s), ddof=1),
    }  # fmt: skip


def walk_forward_block(y, x, lookback):
    """Each bar's coefficients from the bars t − lookback … t − 1, a fresh fit each time."""
    out = {"lookback": lookback}
    fits = {
        "ols": ols,
        "huber": lambda y, x: (lambda f: (f["beta"], f["alpha"]))(huber_optimum(y, x)),
        "theil_sen": lambda y, x: tuple(theilslopes(y, x)[:2]),
    }
    for name, fit in fits.items():
        found = [fit(y[t - lookback : t], x[t - lookback : t]) for t in range(lookback, len(y))]
        out[name] = {"beta": [f[0] for f in found], "alpha": [f[1] for f in found]}
    return out


# --- rolling figures --------------------------------------------------------------------------------


def zscore(s, window, inclusive):
    """Two passes for each window, in extended precision."""
    s, out = np.asarray(s, dtype=np.longdouble), []
    for t in range(len(s)):
        end = t + 1 if inclusive else t
        w = s[end - window : end] if end >= window else []
        out.append(None if len(w) == 0 else float((s[t] - w.mean()) / w.std(ddof=1)))
    return out


def correlation(a, b, window):
    a, b, out = a.astype(np.longdouble), b.astype(np.longdouble), []
    for t in range(len(a)):
        if t + 1 < window:
            out.append(None)
            continue
        u, v = a[t + 1 - window : t + 1], b[t + 1 - window : t + 1]
        u, v = u - u.mean(), v - v.mean()
        norm_sq = (u * u).sum() * (v * v).sum()
        out.append(None if norm_sq == 0 else float((u * v).sum() / np.sqrt(norm_sq)))
    return out


def rolling_block(y, x, spread, window):
    return {
        "window": window,
        "z_inclusive": zscore(spread, window, True),
        "z_exclusive": zscore(spread, window, False),
        "correlation_levels": correlation(y, x, window),
        # n − 1 returns: the first entry belongs to the second bar.
        "correlation_returns": correlation(np.diff(np.log(y)), np.diff(np.log(x)), window),
    }


# --- tests ------------------------------------------------------------------------------------------


def adf_result(series, **kwargs):
    r = adfuller(series, result_object=True, **kwargs)
    return {
        "stat": r.statistic, "p": r.pvalue, "used_lag": r.lags, "nobs": r.nobs, "crit": dict(r.critical_values),
        "ic_best": r.icbest,
    }  # fmt: skip


def adf_block(y, x, spread):
    out = []
    for name, series in (("y", y), ("x", x), ("spread", spread)):
        for regression in ("n", "c", "ct"):
            for autolag, maxlag in (("AIC", None), ("BIC", None), ("AIC", 5), (None, 0), (None, 3), (None, 12)):
                result = adf_result(series, regression=regression, autolag=autolag, maxlag=maxlag)
                out.append({"series": name, "regression": regression, "autolag": autolag, "maxlag": maxlag, **result})
    return out


def coint_block(y, x):
    out = []
    for direction, (a, b) in (("y_on_x", (y, x)), ("x_on_y", (x, y))):
        for autolag, maxlag in (("aic", None), ("bic", None), (None, 2)):
            r = coint(a, b, autolag=autolag, maxlag=maxlag)
            out.append({
                "direction": direction, "autolag": autolag, "maxlag": maxlag,
                "stat": r[0], "p": r[1], "crit": dict(zip(("1%", "5%", "10%"), r[2])),
            })  # fmt: skip
    return out


def johansen_block(*series):
    out = []
    for det_order in (-1, 0, 1):
        for k_ar_diff in (0, 1, 2, 4):
            r = coint_johansen(np.column_stack(series), det_order, k_ar_diff)
            out.append({
                "det_order": det_order, "k_ar_diff": k_ar_diff, "eig": list(r.eig),
                "trace": list(r.trace_stat), "trace_crit": r.trace_stat_crit_vals.tolist(),
                "max_eig": list(r.max_eig_stat), "max_eig_crit": r.max_eig_stat_crit_vals.tolist(),
                "evec": r.evec.tolist(),
            })  # fmt: skip
    return out


def johansen_of_three(y, x):
    """The legs and a third series that wanders with x. It is written out, in the unit of the legs' ticks."""
    rng = np.random.default_rng([7, len(y)])
    third = np.round(0.5 * x + np.cumsum(rng.normal(scale=np.std(np.diff(x)), size=len(x))), 4)
    return {"third": list(third), "cases": johansen_block(y, x, third)}


def johansen_tables():
    """Critical values (90, 95, 99 %) for each deterministic order, a row for every number of series."""
    orders = (-1, 0, 1)
    rows = range(1, 13)
    return {
        "trace": [[[float(v) for v in c_sjt(n, order)] for n in rows] for order in orders],
        "max_eig": [[[float(v) for v in c_sja(n, order)] for n in rows] for order in orders],
    }


def half_life_block(s):
    fit = sm.OLS(np.diff(s), sm.add_constant(s[:-1])).fit()
    const, lam = fit.params
    return {"lam": lam, "const": const, "lam_t": fit.tvalues[1]}


def hurst(s):
    taus = np.arange(2, min(20, len(s) // 4) + 1)
    sds = [np.std(s[tau:] - s[:-tau]) for tau in taus]
    return np.polyfit(np.log(taus), np.log(sds), 1)[0]


def tables():
    """The normal distribution's tails, and MacKinnon's surfaces."""
    xs = [-37.5, -30, -20, -15, -11.4, -8, -6, -5, -4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, -0.1, -1e-3, 0,
          1e-3, 0.1, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8]  # fmt: skip
    keys = {"unit_root_none": ("n", 1), "unit_root_constant": ("c", 1), "unit_root_trend": ("ct", 1),
            "residuals_of_two": ("c", 2)}  # fmt: skip
    many = np.round(np.random.default_rng(3).beta(0.3, 1.0, size=60), 3).tolist()
    stats = [-25.0, -18.8, -15.0, -10.0, -6.0, -4.5, -3.5, -3.0, -2.9, -2.62, -2.5, -1.7, -1.61, -1.04, -1.0,
             -0.5, 0.0, 0.5, 0.9, 1.5, 2.7, 3.0, 10.0]  # fmt: skip
    return {
        "meta": META,
        "benjamini_hochberg": {"p": many, "adjusted": list(false_discovery_control(many))},
        "normal_cdf": [[float(v), float(norm.cdf(v))] for v in xs],
        "johansen": johansen_tables(),
        "mackinnon": {
            key: {
                "p": [[s, mackinnonp(s, regression=regression, N=n)] for s in stats],
                "crit": [[obs, list(mackinnoncrit(N=n, regression=regression, nobs=obs))] for obs in (20, 50, 100, 499, 10_000)],
            }
            for key, (regression, n) in keys.items()
        },
    }  # fmt: skip


def plain(value):
    """numpy to what json writes; NaN and infinities as the other golden files write them."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(v) for v in value]
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if np.isnan(value):
            return None
        return value if np.isfinite(value) else ("inf" if value > 0 else "-inf")
    return value


def write(name, value):
    text = json.dumps(plain(value), indent=None, separators=(",", ":"))
    # One line for each top-level key keeps differences readable.
    text = text.replace(',"', ',\n"') if len(text) < 2_000 else text
    (OUT / f"{name}.json").write_text(text + "\n")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    write("tables", tables())
    for seed, (name, make) in enumerate(
        (("cointegrated_320", cointegrated), ("walks_260", walks), ("outliers_240", outliers)), start=20_251
    ):
        y, x = make(np.random.default_rng(seed))
        rows = "".join(f"{a!r},{b!r}\n" for a, b in zip(y.tolist(), x.tolist()))
        (OUT / f"{name}.csv").write_text("y,x\n" + rows)
        fitted = ols_block(y, x)
        spread = np.array(fitted["spread"])
        write(name, {
            "meta": {**META, "seed": seed, "generator": make.__name__, "n": len(y)},
            "ols": fitted,
            "huber": huber_block(y, x),
            "theil_sen": theil_sen_block(y, x),
            "kalman": kalman_block(y, x, np.ones((2, 2))),
            "kalman_identity": kalman_block(y, x, np.eye(2)),
            "kalman_memory": kalman_memory_block(y, x, 100, 50),
            "walk_forward": [walk_forward_block(y, x, lookback) for lookback in (40, 101)],
            "rolling": rolling_block(y, x, spread, 20),
            "adf": adf_block(y, x, spread),
            "coint": coint_block(y, x),
            "johansen": johansen_block(y, x),
            "johansen_of_three": johansen_of_three(y, x),
            "half_life": half_life_block(spread),
            "hurst": {"spread": hurst(spread), "y": hurst(y), "x": hurst(x)},
        })  # fmt: skip
        print(name, "done")


if __name__ == "__main__":
    main()
