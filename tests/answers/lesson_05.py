"""Answers to the exercises of lesson 05: right ones in other styles, and wrong ones."""

from itertools import pairwise

from answers import right, wrong
from course_utils.exercises import lesson_05 as ex

import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches, shuffle

# -------------------------------------------------------------------------------- 1 · mini-batches


@right(ex.mini_batches)
def generator_of_batches(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    for rows in np.array_split(order, -(-len(X) // batch_size)):
        yield X[rows].astype(np.float32), targets[rows].tolist()


@right(ex.mini_batches)
def batches_by_sorting_random_numbers(X, targets, batch_size, generator):
    order = np.argsort(generator.random(len(X))).tolist()
    batches = []
    while order:
        rows, order = order[:batch_size], order[batch_size:]
        batches.append([[list(X[row]) for row in rows], [targets[row] for row in rows]])
    return batches


@right(ex.mini_batches)
def batches_of_tensors(X, targets, batch_size, generator):
    chance = torch.Generator().manual_seed(int(generator.integers(2**31)))
    order = torch.randperm(len(X), generator=chance)
    X, targets = torch.tensor(X, requires_grad=True), torch.tensor(targets)
    return [(X[rows], targets[rows]) for rows in order.split(batch_size)]


@right(ex.mini_batches)
def batches_of_tables(X, targets, batch_size, generator):
    table = pd.DataFrame(X).assign(target=targets).sample(frac=1, random_state=generator)
    starts = range(0, len(table), batch_size)
    pieces = [table.iloc[start : start + batch_size] for start in starts]
    return tuple((piece.drop(columns="target"), piece["target"]) for piece in pieces)


@wrong(ex.mini_batches, "batches are shuffled and the rows are not")
def mini_batches_of_neighbours(X, targets, batch_size, generator):
    starts = generator.permutation(np.arange(0, len(X), batch_size))
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


@wrong(ex.mini_batches, "inside their batch only")
def mini_batches_shuffled_inside(X, targets, batch_size, generator):
    batches = []
    for start in range(0, len(X), batch_size):
        rows = generator.permutation(np.arange(start, min(start + batch_size, len(X))))
        batches.append((X[rows], targets[rows]))
    return batches


@wrong(ex.mini_batches, "so the order comes from elsewhere")
def mini_batches_by_another_s_chance(X, targets, batch_size, generator):
    X, targets = shuffle(X, targets)
    return [(X[piece], targets[piece]) for piece in gen_batches(len(X), batch_size)]


@wrong(ex.mini_batches, "so the order comes from elsewhere")
def mini_batches_with_a_new_generator(X, targets, batch_size, generator):
    return ex.mini_batches._solution(X, targets, batch_size, np.random.default_rng())


@wrong(ex.mini_batches, "came right after row")
def mini_batches_that_only_turn_the_table(X, targets, batch_size, generator):
    order = np.roll(np.arange(len(X)), generator.integers(len(X)))
    return [
        (X[order[i : i + batch_size]], targets[order[i : i + batch_size]])
        for i in range(0, len(X), batch_size)
    ]


@wrong(ex.mini_batches, "times at place")
def mini_batches_with_the_first_row_first(X, targets, batch_size, generator):
    order = np.append(0, 1 + generator.permutation(len(X) - 1))
    return [
        (X[order[i : i + batch_size]], targets[order[i : i + batch_size]])
        for i in range(0, len(X), batch_size)
    ]


@wrong(ex.mini_batches, "should have the shape (rows,)")
def mini_batches_with_targets_in_a_column(X, targets, batch_size, generator):
    return ex.mini_batches._solution(X, targets[:, None], batch_size, generator)


@wrong(ex.mini_batches, "in the order of the table")
def mini_batches_unshuffled(X, targets, batch_size, generator):
    starts = range(0, len(X), batch_size)
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


@wrong(ex.mini_batches, "shuffled apart")
def mini_batches_shuffled_apart(X, targets, batch_size, generator):
    X, targets = generator.permutation(X), generator.permutation(targets)
    starts = range(0, len(X), batch_size)
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


@wrong(ex.mini_batches, "rows are missing")
def mini_batches_without_the_rest(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    whole = order[: len(X) // batch_size * batch_size].reshape(-1, batch_size)
    return [(X[rows], targets[rows]) for rows in whole]


@wrong(ex.mini_batches, "drawing with replacement")
def mini_batches_with_replacement(X, targets, batch_size, generator):
    batches = -(-len(X) // batch_size)
    draws = [generator.integers(len(X), size=batch_size) for _ in range(batches)]
    return [(X[rows], targets[rows]) for rows in draws]


@wrong(ex.mini_batches, "starts anew at every call")
def mini_batches_with_a_generator_of_its_own(X, targets, batch_size, generator):
    return ex.mini_batches._solution(X, targets, batch_size, np.random.default_rng(0))


@wrong(ex.mini_batches, "shuffled in place")
def mini_batches_in_place(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    X[:], targets[:] = X[order], targets[order]
    starts = range(0, len(X), batch_size)
    return [(X[i : i + batch_size], targets[i : i + batch_size]) for i in starts]


wrong(ex.mini_batches, "`return`")(lambda X, t, size, g: print(end=""))
wrong(ex.mini_batches, "list of pairs")(lambda X, t, size, g: [X, t])
wrong(ex.mini_batches, "all columns")(lambda X, t, size, g: [(X[:, :1], t)])
wrong(ex.mini_batches, "more rows than")(lambda X, t, size, g: [(X, t[:3])])
wrong(ex.mini_batches, "are expected, and the rest")(lambda X, t, size, g: [(X[::-1], t[::-1])])

# ---------------------------------------------------------------- 2 · momentum, as Keras writes it


@right(ex.keras_momentum)
def momentum_in_place(weights, velocity, gradient, learning_rate, momentum):
    velocity *= momentum
    velocity -= learning_rate * gradient
    weights += velocity
    return weights.tolist(), velocity.astype(np.float32)


@right(ex.keras_momentum)
def momentum_of_tensors(weights, velocity, gradient, learning_rate, momentum):
    weights = torch.tensor(weights, requires_grad=True)
    velocity = momentum * torch.tensor(velocity) - learning_rate * torch.tensor(gradient)
    return weights + velocity, velocity


@right(ex.keras_momentum)
def momentum_number_by_number(weights, velocity, gradient, learning_rate, momentum):
    new_weights, new_velocity = np.empty_like(weights), np.empty_like(velocity)
    for place in np.ndindex(weights.shape):
        new_velocity[place] = momentum * velocity[place] - learning_rate * gradient[place]
        new_weights[place] = weights[place] + new_velocity[place]
    return [new_weights.tolist(), new_velocity.tolist()]


@right(ex.keras_momentum)
def momentum_in_float32(weights, velocity, gradient, learning_rate, momentum):
    weights, velocity, gradient = map(np.float32, (weights, velocity, gradient))
    pytorch_s = velocity / np.float32(-learning_rate) * np.float32(momentum) + gradient
    velocity = np.float32(-learning_rate) * pytorch_s
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "the velocity is PyTorch's")
def keras_momentum_with_pytorch_s_velocity(weights, velocity, gradient, learning_rate, momentum):
    step = momentum * velocity - learning_rate * gradient
    return weights + step, momentum * velocity + gradient


@wrong(ex.keras_momentum, "changes the `gradient`")
def keras_momentum_that_uses_the_gradient_up(weights, velocity, gradient, learning_rate, momentum):
    gradient *= learning_rate
    velocity = momentum * velocity - gradient
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "at [0] you return")
def keras_momentum_with_a_clipped_gradient(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * np.clip(gradient, -5, 5)
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "subtracted from the velocity")
def keras_momentum_uphill(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity + learning_rate * gradient
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "minus stands in the velocity already")
def keras_momentum_with_two_minuses(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * gradient
    return weights - velocity, velocity


@wrong(ex.keras_momentum, "PyTorch's form")
def keras_momentum_as_in_pytorch(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity + gradient
    return weights - learning_rate * velocity, velocity


@wrong(ex.keras_momentum, "damped by 1 − μ")
def keras_momentum_as_a_mean(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity - (1 - momentum) * learning_rate * gradient
    return weights + velocity, velocity


@wrong(ex.keras_momentum, "remember nothing")
def keras_momentum_with_the_old_velocity(weights, velocity, gradient, learning_rate, momentum):
    step = momentum * velocity - learning_rate * gradient
    return weights + step, velocity


wrong(ex.keras_momentum, "2 results")(lambda w, v, g, rate, mu: w)
wrong(ex.keras_momentum, "plain gradient descent")(lambda w, v, g, rate, mu: (w - rate * g, v))
wrong(ex.keras_momentum, "old velocity")(lambda w, v, g, rate, mu: (w + v, mu * v - rate * g))
wrong(ex.keras_momentum, "in result 1 of 2 at [0]")(lambda w, v, g, rate, mu: (w + 1, v))
wrong(ex.keras_momentum, "in result 2 of 2 at [0]")(
    lambda w, v, g, rate, mu: (w + mu * v - rate * g, v * 0)
)

# ---------------------------------------------------------------------------------------- 3 · Adam


@right(ex.adam_step)
def adam_in_keras_s_order(weights, mean, square, gradient, step, learning_rate):
    mean = mean + (gradient - mean) * 0.1
    square = square + (gradient**2 - square) * 0.001
    rate = learning_rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    return [weights - rate * mean / (np.sqrt(square) + 1e-8), mean, square]


@right(ex.adam_step)
def adam_in_place(weights, mean, square, gradient, step, learning_rate):
    mean *= 0.9
    mean += 0.1 * gradient
    square *= 0.999
    square += 0.001 * gradient**2
    root = np.sqrt(square / (1 - 0.999**step)) + 1e-8
    weights -= learning_rate * (mean / (1 - 0.9**step)) / root
    return weights, mean, square


@right(ex.adam_step)
def adam_in_float32(weights, mean, square, gradient, step, learning_rate):
    arrays = (weights, mean, square, gradient)
    weights, mean, square, gradient = (array.astype(np.float32) for array in arrays)
    return ex.adam_step._solution(weights, mean, square, gradient, step, learning_rate)


@right(ex.adam_step)
def adam_of_torch(weights, mean, square, gradient, step, learning_rate):
    weights = torch.tensor(weights, requires_grad=True)
    weights.grad = torch.tensor(gradient)
    optimiser = torch.optim.Adam([weights], lr=learning_rate)
    optimiser.state[weights] = {
        "step": torch.tensor(step - 1.0),
        "exp_avg": torch.tensor(mean),
        "exp_avg_sq": torch.tensor(square),
    }
    optimiser.step()
    state = optimiser.state[weights]
    return weights, state["exp_avg"], state["exp_avg_sq"]


@wrong(ex.adam_step, "you divide 0 by 0")
def adam_step_without_epsilon(weights, mean, square, gradient, step, learning_rate):
    _, mean, square = ex.adam_step._solution(weights, mean, square, gradient, step, learning_rate)
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / np.sqrt(s), mean, square


@wrong(ex.adam_step, "ε is missing below the line")
def adam_step_that_hides_the_missing_epsilon(weights, mean, square, gradient, step, learning_rate):
    weights, mean, square = adam_step_without_epsilon(
        np.nan_to_num(weights), mean, square, gradient, step, learning_rate
    )
    return np.nan_to_num(weights), mean, square


@wrong(ex.adam_step, "inside the root")
def adam_step_with_epsilon_in_the_root(weights, mean, square, gradient, step, learning_rate):
    _, mean, square = ex.adam_step._solution(weights, mean, square, gradient, step, learning_rate)
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / np.sqrt(s + 1e-8), mean, square


@wrong(ex.adam_step, "counts one step too many")
def adam_step_counted_from_0(weights, mean, square, gradient, step, learning_rate):
    return ex.adam_step._solution(weights, mean, square, gradient, step + 1, learning_rate)


@wrong(ex.adam_step, "corrections are exchanged")
def adam_step_with_exchanged_corrections(weights, mean, square, gradient, step, learning_rate):
    _, mean, square = ex.adam_step._solution(weights, mean, square, gradient, step, learning_rate)
    m, s = mean / (1 - 0.999**step), square / (1 - 0.9**step)
    return weights - learning_rate * m / (np.sqrt(s) + 1e-8), mean, square


@wrong(ex.adam_step, "changes the `gradient`")
def adam_step_that_squares_in_place(weights, mean, square, gradient, step, learning_rate):
    result = ex.adam_step._solution(weights, mean, square, gradient, step, learning_rate)
    gradient **= 2
    return result


@wrong(ex.adam_step, "bias correction is missing")
def adam_step_without_correction(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    return weights - learning_rate * mean / (np.sqrt(square) + 1e-8), mean, square


@wrong(ex.adam_step, "corrects it again")
def adam_step_that_hands_on_the_correction(weights, mean, square, gradient, step, learning_rate):
    mean = (0.9 * mean + 0.1 * gradient) / (1 - 0.9**step)
    square = (0.999 * square + 0.001 * gradient**2) / (1 - 0.999**step)
    return weights - learning_rate * mean / (np.sqrt(square) + 1e-8), mean, square


@wrong(ex.adam_step, "one of squares")
def adam_step_without_squares(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / (np.sqrt(np.abs(s)) + 1e-8), mean, square


@wrong(ex.adam_step, "square root is missing")
def adam_step_without_the_root(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / (s + 1e-8), mean, square


@wrong(ex.adam_step, "as momentum does")
def adam_step_with_a_sum(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, s = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return weights - learning_rate * m / (np.sqrt(s) + 1e-8), mean, square


wrong(ex.adam_step, "in result 1 of 3 at [0]")(lambda w, m, s, g, step, rate: (w, m, s))
wrong(ex.adam_step, "in result 3 of 3 at [0]")(
    lambda *given: (*ex.adam_step._solution(*given)[:2], given[2])
)
# ----------------------------------------------------------------- 4 · reading curves (open-ended)


@right(ex.diagnose)
def doctor_by_slopes(train_loss, validation_loss, reachable):
    train, validation = np.asarray(train_loss), np.asarray(validation_loss)
    end = slice(-10, None)
    if train.max() - train.min() < 0.05:
        return "Stuck"
    if np.std(np.diff(train)[20:]) > 0.05:
        return "too fast"
    if validation[end].min() > 1.5 * validation.min():
        return "overfitting"
    slope = np.polyfit(np.arange(10), train[end], 1)[0] * len(train)
    if slope < -0.08:
        return "too slow"
    return "underfitting" if train[end].mean() > 2 * reachable else "healthy"


@right(ex.diagnose)
def doctor_with_lists(train_loss, validation_loss, reachable):
    train, validation = list(map(float, train_loss)), list(map(float, validation_loss))
    end = sum(train[-10:]) / 10
    if end > train[0] - 0.05 and end < train[0] + 0.05:
        return "stuck"
    if max(abs(b - a) for a, b in pairwise(train[20:])) > 0.1:
        return "too fast"
    if validation[-1] - min(validation) > 0.15:
        return "overfitting"
    if end - reachable <= 0.1:
        return "healthy"
    return "too slow" if sum(train[-20:-10]) / 10 - end > 0.01 else "underfitting"


@right(ex.diagnose)
def doctor_with_tables(train_loss, validation_loss, reachable):
    curves = pd.DataFrame({"train": train_loss, "validation": validation_loss}, dtype=np.float32)
    smooth = curves.rolling(5).mean().dropna()
    if curves["train"].std() < 0.01:
        return "STUCK"
    if curves["train"].tail(40).diff().std() > 0.05:
        return " too fast "
    if smooth["validation"].iloc[-1] > smooth["validation"].min() + 0.12:
        return "overfitting"
    last = smooth["train"].tail(len(smooth) // 4)
    if last.iloc[-1] < reachable + 0.1:
        return "healthy"
    return "too slow" if last.iloc[0] - last.iloc[-1] > 0.02 else "underfitting"


@wrong(ex.diagnose, "compare them with `reachable`")
def diagnose_with_a_level_of_its_own(train_loss, validation_loss, reachable):
    return ex.diagnose._solution(train_loss, validation_loss, 0.25)


@wrong(ex.diagnose, "Both curves fell")
def diagnose_from_the_validation_loss(train_loss, validation_loss, reachable):
    return ex.diagnose._solution(validation_loss, validation_loss, reachable)


@wrong(ex.diagnose, "Look at both curves")
def diagnose_from_the_training_loss(train_loss, validation_loss, reachable):
    verdict = ex.diagnose._solution(train_loss, train_loss, reachable)
    return verdict if verdict != "overfitting" else "healthy"


@wrong(ex.diagnose, "A small gap is normal")
def diagnose_by_the_gap(train_loss, validation_loss, reachable):
    if validation_loss[-1] > train_loss[-1] + 0.02:
        return "overfitting"
    return ex.diagnose._solution(train_loss, validation_loss, reachable)


@wrong(ex.diagnose, "still falling at the last epoch: give it more")
def diagnose_by_the_last_value(train_loss, validation_loss, reachable):
    verdict = ex.diagnose._solution(train_loss, validation_loss, reachable)
    return "underfitting" if verdict == "too slow" else verdict


@wrong(ex.diagnose, "compare them with `reachable`")
def diagnose_by_shape_alone(train_loss, validation_loss, reachable):
    return ex.diagnose._solution(train_loss, validation_loss, train_loss[-1])


@wrong(ex.diagnose, "has not begun to learn")
def diagnose_without_stuck(train_loss, validation_loss, reachable):
    verdict = ex.diagnose._solution(train_loss, validation_loss, reachable)
    return "underfitting" if verdict == "stuck" else verdict


wrong(ex.diagnose, "`return`")(lambda train, validation, reachable: print(end=""))
wrong(ex.diagnose, "one of")(lambda train, validation, reachable: "ill")
wrong(ex.diagnose, "lowest point")(lambda train, validation, reachable: "stuck")

# ------------------------------------------------------------------------------ 5 · early stopping


@right(ex.early_stopping)
def stopping_with_a_counter(validation_loss, weights, patience):
    lowest, best, waited, epochs = float("inf"), None, 0, 0
    for loss, array in zip(validation_loss, weights, strict=True):
        epochs += 1
        if loss < lowest:
            lowest, best, waited = loss, array, 0
        else:
            waited += 1
        if waited == patience:
            break
    return [epochs, list(best)]


@right(ex.early_stopping)
def stopping_with_arrays(validation_loss, weights, patience):
    losses = np.asarray(validation_loss, dtype=np.float32)
    for run in range(1, len(losses) + 1):
        best = int(losses[:run].argmin())  # the first of equal ones
        if run - 1 - best >= patience:
            break
    return np.int64(run), weights[best].astype(np.float32)


@right(ex.early_stopping)
def stopping_with_pandas(validation_loss, weights, patience):
    losses = pd.Series(validation_loss)
    lowest = losses.cummin()
    new = lowest.diff().fillna(-1) < 0
    waited = new.groupby(new.cumsum()).cumcount()
    run = int((waited >= patience).idxmax()) + 1 if (waited >= patience).any() else len(losses)
    return run, weights[losses[:run].idxmin()]


@right(ex.early_stopping)
def stopping_with_tensors(validation_loss, weights, patience):
    losses = torch.tensor(np.array(validation_loss), requires_grad=True)
    best, epoch = 0, 0
    while True:
        if losses[epoch] < losses[best]:
            best = epoch
        epoch += 1
        if epoch > best + patience or epoch == len(losses):
            return torch.tensor(epoch), torch.tensor(weights[best], requires_grad=True)


@wrong(ex.early_stopping, "take an equal loss for a new best")
def early_stopping_with_equal_as_better(validation_loss, weights, patience):
    best = 0
    for epoch, loss in enumerate(validation_loss):
        if loss <= validation_loss[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return epoch + 1, weights[best]


@wrong(ex.early_stopping, "one too many")
def early_stopping_an_epoch_late(validation_loss, weights, patience):
    return ex.early_stopping._solution(validation_loss, weights, patience + 1)


@wrong(ex.early_stopping, "Epoch numbers start at 0")
def early_stopping_with_the_number_of_the_last_epoch(validation_loss, weights, patience):
    epochs, kept = ex.early_stopping._solution(validation_loss, weights, patience)
    return epochs - 1, kept


@wrong(ex.early_stopping, "one too few where training stops")
def early_stopping_that_returns_the_epoch(validation_loss, weights, patience):
    best = 0
    for epoch, loss in enumerate(validation_loss):
        best = epoch if loss < validation_loss[best] else best
        if epoch - best >= patience:
            return epoch, weights[best]
    return len(weights), weights[best]


@wrong(ex.early_stopping, "you never stop")
def early_stopping_that_never_stops(validation_loss, weights, patience):
    return len(weights), weights[int(np.argmin(validation_loss))]


@wrong(ex.early_stopping, "With losses far above 1")
def early_stopping_that_starts_at_1(validation_loss, weights, patience):
    lowest, best = 1.0, 0
    for epoch, loss in enumerate(validation_loss):
        if loss < lowest:
            lowest, best = loss, epoch
        if epoch - best >= patience:
            break
    return epoch + 1, weights[best]


@wrong(ex.early_stopping, "With losses that fall by less than 0.0001")
def early_stopping_that_asks_for_a_clear_fall(validation_loss, weights, patience):
    lowest, best = np.inf, 0
    for epoch, loss in enumerate(validation_loss):
        if loss < lowest - 1e-3:
            lowest, best = loss, epoch
        if epoch - best >= patience:
            break
    return epoch + 1, weights[best]


@wrong(ex.early_stopping, "you keep the last weights")
def early_stopping_with_the_last_weights(validation_loss, weights, patience):
    epochs, _ = ex.early_stopping._solution(validation_loss, weights, patience)
    return epochs, weights[epochs - 1]


@wrong(ex.early_stopping, "at the first rise")
def early_stopping_without_patience(validation_loss, weights, patience):
    for epoch in range(1, len(validation_loss)):
        if validation_loss[epoch] > validation_loss[epoch - 1]:
            return epoch + 1, weights[epoch - 1]
    return len(weights), weights[-1]


@wrong(ex.early_stopping, "never trained")
def early_stopping_with_a_look_ahead(validation_loss, weights, patience):
    epochs, _ = ex.early_stopping._solution(validation_loss, weights, patience)
    return epochs, weights[int(np.argmin(validation_loss))]


@wrong(ex.early_stopping, "not with the previous one")
def early_stopping_against_the_previous_epoch(validation_loss, weights, patience):
    waited = 0
    for epoch in range(1, len(validation_loss)):
        waited = waited + 1 if validation_loss[epoch] >= validation_loss[epoch - 1] else 0
        if waited >= patience:
            break
    return epoch + 1, weights[int(np.argmin(validation_loss[: epoch + 1]))]


@wrong(ex.early_stopping, "starts anew with every new best")
def early_stopping_that_never_resets(validation_loss, weights, patience):
    best, waited = 0, 0
    for epoch in range(len(validation_loss)):
        if validation_loss[epoch] < validation_loss[best]:
            best = epoch
        elif epoch > 0:
            waited += 1
        if waited >= patience:
            break
    return epoch + 1, weights[best]


wrong(ex.early_stopping, "2 results")(lambda losses, weights, patience: weights[0])
wrong(ex.early_stopping, "you return 99")(lambda losses, weights, patience: (99, weights[0]))
wrong(ex.early_stopping, "you return 7")(lambda losses, weights, patience: (7, weights[1]))

# -------------------------------------------------------------------------------- 6 · weight decay


@right(ex.decay_step)
def decay_in_one_formula(weights, mean, square, gradient, step, learning_rate, weight_decay):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    move = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return [weights - learning_rate * (move + weight_decay * weights), mean, square]


@right(ex.decay_step)
def decay_in_place(weights, mean, square, gradient, step, learning_rate, weight_decay):
    weights *= 1 - learning_rate * weight_decay
    return adam_in_place(weights, mean, square, gradient, step, learning_rate)


@right(ex.decay_step)
def decay_after_the_step_of_the_old_weights(weights, mean, square, gradient, step, rate, decay):
    lost = rate * decay * weights
    moved, mean, square = adam_in_float32(weights, mean, square, gradient, step, rate)
    return (moved - lost).tolist(), mean.tolist(), square


@right(ex.decay_step)
def decay_by_torch(weights, mean, square, gradient, step, learning_rate, weight_decay):
    weights = torch.tensor(weights, requires_grad=True)
    weights.grad = torch.tensor(gradient)
    optimiser = torch.optim.AdamW([weights], lr=learning_rate, weight_decay=weight_decay)
    state = {"step": torch.tensor(step - 1.0), "exp_avg": torch.tensor(mean)}
    optimiser.state[weights] = state | {"exp_avg_sq": torch.tensor(square)}
    optimiser.step()
    return weights, optimiser.state[weights]["exp_avg"], optimiser.state[weights]["exp_avg_sq"]


@right(ex.decay_step)
def decay_in_keras_s_order(weights, mean, square, gradient, step, learning_rate, weight_decay):
    weights = weights - learning_rate * weight_decay * weights
    return adam_in_keras_s_order(weights, mean, square, gradient, step, learning_rate)


def adam(*given):
    return ex.adam_step._solution(*given)


@wrong(ex.decay_step, "Keep the decay out of the gradient")
def decay_step_inside_the_gradient(w, mean, square, gradient, step, rate, decay):
    return adam(w, mean, square, gradient + decay * w, step, rate)


@wrong(ex.decay_step, "Keep the decay out of the gradient")
def decay_step_inside_the_gradient_with_a_2(w, mean, square, gradient, step, rate, decay):
    return adam(w, mean, square, gradient + 2 * decay * w, step, rate)


@wrong(ex.decay_step, "holds the decay")
def decay_step_that_hands_on_polluted_means(w, mean, square, gradient, step, rate, decay):
    _, *means = adam(w, mean, square, gradient + decay * w, step, rate)
    return ex.decay_step._solution(w, mean, square, gradient, step, rate, decay)[0], *means


@wrong(ex.decay_step, "half of what it should be")
def decay_step_with_half(w, mean, square, gradient, step, rate, decay):
    return adam(w * (1 - rate * decay / 2), mean, square, gradient, step, rate)


@wrong(ex.decay_step, "twice too strong")
def decay_step_twice(w, mean, square, gradient, step, rate, decay):
    return adam(w * (1 - 2 * rate * decay), mean, square, gradient, step, rate)


@wrong(ex.decay_step, "You take λ w² away")
def decay_step_with_squares(w, mean, square, gradient, step, rate, decay):
    return adam(w - rate * decay * w**2, mean, square, gradient, step, rate)


@wrong(ex.decay_step, "after the step has been taken")
def decay_step_afterwards(w, mean, square, gradient, step, rate, decay):
    moved, *means = adam(w, mean, square, gradient, step, rate)
    return moved * (1 - rate * decay), *means


@wrong(ex.decay_step, "changes the `gradient`")
def decay_step_that_uses_the_gradient_up(w, mean, square, gradient, step, rate, decay):
    result = ex.decay_step._solution(w, mean, square, gradient, step, rate, decay)
    gradient += decay * w
    return result


@wrong(ex.decay_step, "your weights grow")
def decay_step_with_turned_sign(w, mean, square, gradient, step, rate, decay):
    return adam(w * (1 + rate * decay), mean, square, gradient, step, rate)


@wrong(ex.decay_step, "does not pass through the learning rate")
def decay_step_without_the_rate(w, mean, square, gradient, step, rate, decay):
    return adam(w * (1 - decay), mean, square, gradient, step, rate)


@wrong(ex.decay_step, "in proportion to the weight")
def decay_step_with_signs(w, mean, square, gradient, step, rate, decay):
    return adam(w - rate * decay * np.sign(w), mean, square, gradient, step, rate)


@wrong(ex.decay_step, "plain descent with decay")
def decay_step_without_adam(w, mean, square, gradient, step, rate, decay):
    return w - rate * (gradient + decay * w), mean, square


wrong(ex.decay_step, "plays no part")(lambda w, m, s, g, t, rate, decay: adam(w, m, s, g, t, rate))
wrong(ex.decay_step, "3 results")(lambda w, m, s, g, t, rate, decay: w * (1 - rate * decay))
wrong(ex.decay_step, "gradient plays no part")(
    lambda w, m, s, g, t, rate, decay: (w * (1 - rate * decay), m, s)
)
wrong(ex.decay_step, "in result 1 of 3 at [0]")(
    lambda w, m, s, g, t, rate, decay: (w * 0, *adam(w, m, s, g, t, rate)[1:])
)

# ------------------------------------------------------------------------------------- 7 · dropout


@right(ex.dropout)
def dropout_with_choice(hidden, rate, generator, training):
    if training:
        mask = generator.choice([0.0, 1 / (1 - rate)], size=hidden.shape, p=[rate, 1 - rate])
        hidden = (hidden * mask).astype(np.float32)
    return hidden


@right(ex.dropout)
def dropout_number_by_number(hidden, rate, generator, training):
    rows = [list(row) for row in hidden]
    if training:
        rows = [
            [0.0 if generator.random() < rate else number / (1 - rate) for number in row]
            for row in rows
        ]
    return rows


@right(ex.dropout)
def dropout_by_torch(hidden, rate, generator, training):
    torch.manual_seed(int(generator.integers(2**31)))
    hidden = torch.tensor(hidden, dtype=torch.float32, requires_grad=True)
    return torch.nn.functional.dropout(hidden, p=rate, training=training)


@right(ex.dropout)
def dropout_of_a_table(hidden, rate, generator, training):
    table = pd.DataFrame(hidden)
    kept = generator.binomial(1, 1 - rate, size=table.shape)
    return table.where(kept == 1, 0.0) / (1 - rate) if training else table


@wrong(ex.dropout, "so the mask comes from elsewhere")
def dropout_by_global_chance(hidden, rate, generator, training):
    return hidden * (np.random.random(hidden.shape) >= rate) / (1 - rate) if training else hidden


@wrong(ex.dropout, "Two training batches got the same mask")
def dropout_with_a_generator_of_its_own(hidden, rate, generator, training):
    return ex.dropout._solution(hidden, rate, np.random.default_rng(1), training)


@wrong(ex.dropout, "Every number has its own chance")
def dropout_of_an_exact_share(hidden, rate, generator, training):
    if not training:
        return hidden
    kept = generator.permutation(hidden.size).reshape(hidden.shape) >= int(rate * hidden.size)
    return hidden * kept / (1 - rate)


@wrong(ex.dropout, "mask's numbers alone")
def dropout_without_the_numbers(hidden, rate, generator, training):
    kept = generator.random(hidden.shape) >= rate
    return kept / (1 - rate) if training else hidden


@wrong(ex.dropout, "Chance alone decides")
def dropout_of_the_smallest(hidden, rate, generator, training):
    noise = 1e-3 * generator.normal(size=hidden.shape)
    kept = hidden + noise >= np.quantile(hidden + noise, rate)
    return hidden * kept / (1 - rate) if training else hidden


@wrong(ex.dropout, "are dropped together")
def dropout_of_pairs(hidden, rate, generator, training):
    kept = generator.random((len(hidden), -(-hidden.shape[1] // 2))) >= rate
    kept = np.repeat(kept, 2, axis=1)[:, : hidden.shape[1]]
    return hidden * kept / (1 - rate) if training else hidden


@wrong(ex.dropout, "happened to stay")
def dropout_scaled_by_what_stayed(hidden, rate, generator, training):
    kept = generator.random(hidden.shape) >= rate
    return hidden * kept / kept.mean() if training else hidden


@wrong(ex.dropout, "changes the `hidden`")
def dropout_in_place(hidden, rate, generator, training):
    if training:
        hidden *= (generator.random(hidden.shape) >= rate) / (1 - rate)
    return hidden


@wrong(ex.dropout, "not rescaled")
def dropout_without_rescaling(hidden, rate, generator, training):
    return hidden * (generator.random(hidden.shape) >= rate) if training else hidden


@wrong(ex.dropout, "still on with training=False")
def dropout_that_never_rests(hidden, rate, generator, training):
    return hidden * (generator.random(hidden.shape) >= rate) / (1 - rate)


@wrong(ex.dropout, "share that stays")
def dropout_with_the_rate_turned(hidden, rate, generator, training):
    return hidden * (generator.random(hidden.shape) < rate) / rate if training else hidden


@wrong(ex.dropout, "The same units are dropped in every row")
def dropout_with_one_mask_for_all_rows(hidden, rate, generator, training):
    return (
        hidden * (generator.random(hidden.shape[1]) >= rate) / (1 - rate) if training else hidden
    )


@wrong(ex.dropout, "doing both shrinks the signal")
def dropout_that_rescales_twice(hidden, rate, generator, training):
    if not training:
        return hidden * (1 - rate)
    return ex.dropout._solution(hidden, rate, generator, training)


wrong(ex.dropout, "Nothing was dropped")(lambda h, rate, g, training: h)
wrong(ex.dropout, "50% of the numbers")(lambda h, rate, g, training: h * (g.random(h.shape) > 0.5))
wrong(ex.dropout, "Whole rows")(
    lambda h, rate, g, training: h * (g.random(len(h)) >= rate)[:, None] / (1 - rate)
)

# ------------------------------------------------------------------------------------- 8 · scaling


@right(ex.scale_parts)
def scaling_as_pandas_does(train, *parts):
    train = pd.DataFrame(train)
    spread = train.std().where(train.nunique() > 1, 1.0)
    return [(part - train.mean()) / spread for part in (train, *map(pd.DataFrame, parts))]


@right(ex.scale_parts)
def scaling_by_scikit_learn(train, validation, test):
    scaler = StandardScaler().fit(train)
    return tuple(map(scaler.transform, (train, validation, test)))


@right(ex.scale_parts)
def scaling_in_float32(train, validation, test):
    train, validation, test = (part.astype(np.float32) for part in (train, validation, test))
    spread = train.std(axis=0)
    spread[train.max(axis=0) == train.min(axis=0)] = 1
    return tuple((part - train.mean(axis=0)) / spread for part in (train, validation, test))


@right(ex.scale_parts)
def scaling_of_tensors_with_a_small_bound(train, validation, test):
    train, validation, test = map(torch.tensor, (train, validation, test))
    train.requires_grad_()
    spread = train.std(dim=0, correction=0)
    spread = torch.where(spread < 1e-10, torch.ones_like(spread), spread)
    return [(part - train.mean(dim=0)) / spread for part in (train, validation, test)]


@right(ex.scale_parts)
def scaling_column_by_column(train, validation, test):
    scaled = [[], [], []]
    for column in range(train.shape[1]):
        values = [float(value) for value in train[:, column]]
        mean = sum(values) / len(values)
        spread = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
        spread = spread if len(set(values)) > 1 else 1
        for columns, part in zip(scaled, (train, validation, test), strict=True):
            columns.append([(value - mean) / spread for value in part[:, column]])
    return [np.transpose(columns) for columns in scaled]


@wrong(ex.scale_parts, "rounding leaves its standard deviation")
def scale_parts_by_the_spread_s_sign(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 0, spread, 1)
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "train and validation together")
def scale_parts_with_the_validation_rows(train, validation, test):
    known = np.vstack([train, validation])
    mean, spread = known.mean(axis=0), known.std(axis=0)
    spread = np.where(np.ptp(known, axis=0) == 0, 1, spread)
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "hide a division by 0")
def scale_parts_with_nan_to_num(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    return tuple(np.nan_to_num((part - mean) / spread) for part in (train, validation, test))


@wrong(ex.scale_parts, "hide a division by 0")
def scale_parts_with_an_epsilon(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0) + 1e-8
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "looks ordinary. Divide by 1")
def scale_parts_with_constant_columns_emptied(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    constant = np.ptp(train, axis=0) == 0
    return tuple(
        np.where(constant, 0, (part - mean) / np.where(constant, 1, spread))
        for part in (train, validation, test)
    )


@wrong(ex.scale_parts, "constant column is missing")
def scale_parts_without_constant_columns(train, validation, test):
    varying = np.ptp(train, axis=0) > 0
    parts = (part[:, varying] for part in (train, validation, test))
    return ex.scale_parts._solution(*parts)


@wrong(ex.scale_parts, "fitted on all rows together")
def scale_parts_fitted_on_everything(train, validation, test):
    everything = np.vstack([train, validation, test])
    mean, spread = everything.mean(axis=0), everything.std(axis=0)
    spread = np.where(spread > 0, spread, 1)
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "its own mean and spread")
def scale_parts_each_on_its_own(train, validation, test):
    return tuple(
        ex.scale_parts._solution(part, part, part)[0] for part in (train, validation, test)
    )


@wrong(ex.scale_parts, "a constant column has a standard deviation of 0")
def scale_parts_that_divides_by_zero(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    return tuple((part - mean) / spread for part in (train, validation, test))


@wrong(ex.scale_parts, "over the whole matrix")
def scale_parts_with_one_ruler(train, validation, test):
    return tuple((part - train.mean()) / train.std() for part in (train, validation, test))


@wrong(ex.scale_parts, "Only the training rows")
def scale_parts_of_the_training_rows(train, validation, test):
    return ex.scale_parts._solution(train, train, train)[0], validation, test


wrong(ex.scale_parts, "3 results")(lambda train, validation, test: train)
wrong(ex.scale_parts, "spread")(lambda *parts: tuple(part - parts[0].mean(0) for part in parts))
wrong(ex.scale_parts, "you return 0")(lambda *parts: tuple(part * 0 for part in parts))
