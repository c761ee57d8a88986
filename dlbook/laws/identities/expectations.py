"""Expectations that the book uses: Gaussian moments by quadrature, variances by exact sums, and entropies."""

import math

import numpy as np

from dlbook.laws.identities.identity import identity, inequality

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
erf = np.vectorize(math.erf, otypes=[float])


def _integrate(f, low, high, pieces=24):
    """Integrate by Gauss and Legendre on pieces: exact to rounding for smooth functions."""
    edges = np.linspace(low, high, pieces + 1)
    half, mid = np.diff(edges)[:, None] / 2, (edges[1:] + edges[:-1])[:, None] / 2
    return float(np.sum(half * _WEIGHTS * f(mid + half * _NODES)))


def _density(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _below(z):
    return (1 + math.erf(z / np.sqrt(2))) / 2


def _expect(f, kink=0.0):
    """Return E f(z) for z standard normal; f may have a kink at one place."""
    kink = min(max(float(kink), -13.0), 13.0)
    return sum(_integrate(lambda z: f(z) * _density(z), *ends) for ends in ((-14.0, kink), (kink, 14.0)))


def _mean_relu(m, s, inside, outside):
    return m * _below(m / s) + outside * _density(inside)


@identity(wrong={"the rectifier taken to be centred": lambda s: (0.0, s**2 / 2, s * np.sqrt(2 / np.pi)),
                 "the deviation for the mean size": lambda s: (s / np.sqrt(2 * np.pi), s**2 / 2, s)})  # fmt: skip
def gaussian_rectified(s: "positive"):
    r"""What a rectifier leaves of a Gaussian: half of the second moment, and a mean that is not zero.

    $$ \operatorname{E} \max(0, \sigma z)^2 = \frac{\sigma^2}{2} , \qquad
    \operatorname{E} \max(0, \sigma z) = \frac{\sigma}{\sqrt{2 \pi}} , \qquad
    \operatorname{E} \lvert \sigma z \rvert = \sigma \sqrt{\frac 2 \pi} $$

    z standard normal.

    **Book** eq-id-gaussian-rectified
    """
    by_quadrature = (_expect(lambda z: np.maximum(0, s * z)), _expect(lambda z: np.maximum(0, s * z) ** 2),
                     _expect(lambda z: np.abs(s * z)))  # fmt: skip
    return by_quadrature, (s / np.sqrt(2 * np.pi), s**2 / 2, s * np.sqrt(2 / np.pi))


@identity(wrong={"the mean rectified": lambda m, s: np.maximum(0.0, m),
                 "sigma forgotten": lambda m, s: _mean_relu(m, s, m / s, 1.0)})  # fmt: skip
def gaussian_rectified_mean(m: "normal", s: "positive"):
    r"""The mean of a rectified Gaussian with a mean of its own; $\phi$ is the density of z and $\Phi$ its integral.

    $$ \operatorname{E} \max(0, \mu + \sigma z) = \mu\, \Phi(\mu / \sigma) + \sigma\, \phi(\mu / \sigma) $$

    **Book** eq-id-gaussian-rectified-mean
    """
    return _expect(lambda z: np.maximum(0, m + s * z), kink=-m / s), _mean_relu(m, s, m / s, s)


@identity(wrong={"the exponential of the mean": lambda a, m, s: np.exp(a * m),
                 "the half forgotten": lambda a, m, s: np.exp(a * m + a**2 * s**2)})  # fmt: skip
def gaussian_exponential(a: "normal", m: "normal", s: "positive"):
    r"""The mean of an exponential.

    $$ \operatorname{E} e^{a (\mu + \sigma z)} = e^{a \mu + a^2 \sigma^2 / 2} $$

    **Book** eq-id-gaussian-exponential
    """
    peak = min(max(float(a * s), -6.0), 6.0)
    shifted = _expect(lambda z: np.exp(a * (m + s * (z + peak)) - z * peak - peak**2 / 2))
    return shifted, np.exp(a * m + a**2 * s**2 / 2)


def _mean_slope(m, s, a):
    return _expect(lambda z: a * (1 - np.tanh(a * (m + s * z)) ** 2))


@identity(wrong={"the deviation for the variance": lambda m, s, a: s * _mean_slope(m, s, a),
                 "taken at the mean": lambda m, s, a: s**2 * a * (1 - np.tanh(a * m) ** 2)})  # fmt: skip
def stein(m: "normal", s: "positive", a: "contraction"):
    r"""Stein: integration by parts against a Gaussian. Here f is a tanh.

    $$ \operatorname{E} \big[ (x - \mu)\, f(x) \big] = \sigma^2 \operatorname{E} f'(x) , \qquad x = \mu + \sigma z $$

    f smooth and of moderate growth.

    **Book** eq-id-stein
    """
    left = _expect(lambda z: s * z * np.tanh(a * (m + s * z)))
    return left, s**2 * _mean_slope(m, s, a)


def _kl(m1, s1, m2, s2, half=0.5):
    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - half


@identity(wrong={"the other direction": lambda m, s, n, t: _kl(n, t, m, s),
                 "the constant forgotten": lambda m, s, n, t: _kl(m, s, n, t, half=0.0)})  # fmt: skip
def kl_of_gaussians(m: "normal", s: "positive", n: "normal", t: "positive"):
    r"""The divergence of two Gaussians.

    $$ \operatorname{KL}\big( N(\mu, \sigma^2) \,\big\Vert\, N(\nu, \tau^2) \big) =
    \log \frac \tau \sigma + \frac{\sigma^2 + (\mu - \nu)^2}{2 \tau^2} - \frac 12 $$

    **Book** eq-id-kl-of-gaussians
    """

    def log_ratio(z):
        x = m + s * z
        return -np.log(s) - z**2 / 2 + np.log(t) + (x - n) ** 2 / (2 * t**2)

    return _expect(log_ratio), _kl(m, s, n, t)


# ----------------------------------------------------------------------------------------- exact sums


def _moments(x, p):
    mean = p @ x
    return mean, p @ (x - mean) ** 2


@identity(wrong={"variances multiplied": lambda x, p, y, q: _moments(x, p)[1] * _moments(y, q)[1]})
def variance_of_product(x: "M normal", p: "M probabilities", y: "N normal", q: "N probabilities"):
    r"""The variance of a product of two independent variables; only for means of zero it is the product.

    $$ \operatorname{Var}(x y) = \sigma_x^2 \sigma_y^2 + \sigma_x^2 \mu_y^2 + \sigma_y^2 \mu_x^2 $$

    x and y independent.

    **Book** eq-id-variance-of-product
    """
    (mx, vx), (my, vy) = _moments(x, p), _moments(y, q)
    return _moments(np.outer(x, y).ravel(), np.outer(p, q).ravel())[1], vx * vy + vx * my**2 + vy * mx**2


@identity(wrong={"the transpose on the left": lambda x, a: a.T @ np.cov(x, rowvar=False, bias=True).reshape(
    x.shape[1], -1) @ a})  # fmt: skip
def covariance_of_linear_map(x: "N D", a: "K D"):
    r"""The covariance of a linear map, with examples as the rows of X.

    $$ \operatorname{Cov}(X A^\top) = A \operatorname{Cov}(X)\, A^\top $$

    **Book** eq-id-covariance-of-linear-map
    """

    def cov(rows):
        centred = rows - rows.mean(axis=0)
        return centred.T @ centred / len(rows)

    return cov(x @ a.T), a @ cov(x) @ a.T


@identity(wrong={"the bias not squared": lambda x, p, c: _moments(x, p)[1] + np.abs(p @ x - c)})
def variance_and_bias(x: "N", p: "N probabilities", c: "normal"):
    r"""A mean squared error splits.

    $$ \operatorname{E} (x - c)^2 = \operatorname{Var} x + (\operatorname{E} x - c)^2 $$

    **Book** eq-id-variance-and-bias
    """
    mean, variance = _moments(x, p)
    return p @ (x - c) ** 2, variance + (mean - c) ** 2


@inequality(wrong={"weights forgotten": lambda x, p: np.mean(np.exp(x))})
def jensen(x: "N normal", p: "N probabilities"):
    r"""Jensen: a convex function of a mean is at most the mean of the function. Here it is the exponential.

    $$ f\Big( \sum_i p_i x_i \Big) \le \sum_i p_i f(x_i) $$

    f convex, p a distribution.

    **Book** eq-id-jensen
    """
    return np.exp(p @ x), p @ np.exp(x)


@inequality(wrong={"the entropy of q": lambda p, q: -np.sum(q * np.log(q)),
                   "p and q exchanged": lambda p, q: -np.sum(q * np.log(p))})  # fmt: skip
def gibbs(p: "K probabilities", q: "K probabilities"):
    r"""Gibbs: a cross-entropy is smallest for the truth, and then it is the entropy.

    $$ - \sum_k p_k \log p_k \le - \sum_k p_k \log q_k $$

    **Book** eq-id-gibbs
    """
    return -np.sum(p * np.log(p)), -np.sum(p * np.log(q))


@inequality(wrong={"half the divergence": lambda p, q: np.sum(p * np.log(p / q)) / 2})
def pinsker(p: "K probabilities", q: "K probabilities"):
    r"""Pinsker: distributions with a small divergence are near each other.

    $$ \tfrac 12 \Big( \sum_k \lvert p_k - q_k \rvert \Big)^2 \le \operatorname{KL}(p \Vert q) $$

    **Book** eq-id-pinsker
    """
    return np.sum(np.abs(p - q)) ** 2 / 2, np.sum(p * np.log(p / q))
