"""The gallery's second half: the game's rules, flow, sentences, and pictures made by gradients."""

import numpy as np
import pytest
import torch

from cs_cnn.gallery import captioning, catch, inceptionism, style, video
from cs_cnn.gallery.bellman import q_targets
from cs_cnn.gallery.bleu import bleu
from cs_cnn.gallery.eye import PHOTOGRAPHS, Eye, photograph
from cs_cnn.gallery.pictures import gram_matrix, match_colours, style_loss


@pytest.fixture(scope="module")
def eye():
    return Eye()


def test_a_ball_bounces_and_ends_with_a_reward():
    game = catch.Catch(1, np.random.default_rng(0))
    game.ball, game.paddle = np.array([[catch.SIZE - 3, 1, -2]]), np.array([1])
    rewards, done, _ = game.step(np.array([catch.STAY]))
    assert game.ball.tolist() == [[catch.SIZE - 2, 1, 2]] and not done[0] and rewards[0] == 0
    rewards, done, seen = game.step(np.array([catch.LEFT]))
    assert done[0] and rewards[0] == -1 and seen[0, 1, -1].sum() == 4  # ball beside the paddle
    assert game.ball[0, 0] == 0 and np.array_equal(*game.seen()[0])  # the next ball


def test_the_paddle_stays_on_the_board():
    game = catch.Catch(5, np.random.default_rng(0))
    for action in (catch.LEFT, catch.RIGHT):
        for _ in range(2 * catch.SIZE):
            game.step(np.full(5, action))
            assert (game.board().sum(axis=(1, 2)) >= 3).all()
        assert (game.paddle == (catch.REACH, catch.SIZE - 1 - catch.REACH)[action // 2]).all()


def test_who_knows_the_rules_catches_most_and_who_follows_the_ball_comes_too_late():
    shares = [catch.play(one, 0) for one in (catch.at_random, catch.follow, catch.foresee)]
    assert shares == sorted(shares) and shares[2] > 0.95 and shares[1] < 0.7


def test_flow_is_the_shift_of_a_picture():
    y, x = np.mgrid[:32, :32]
    waves = [np.sin(0.5 * (x - 0.6 * t)) + np.cos(0.4 * (y + 0.3 * t)) for t in range(3)]
    frames = np.repeat(np.stack(waves)[None, :, None], 3, axis=2)
    flow = video.optical_flow(frames)
    assert flow.shape == (1, 4, 32, 32)
    inner = flow[0, :, 8:-8, 8:-8].reshape(2, 2, -1).mean(axis=(0, 2))
    np.testing.assert_allclose(inner, [0.6, -0.3], atol=0.05)


def test_a_sentence_states_the_facts_it_was_made_from():
    images, facts = captioning.scenes(20, 0)
    assert images.min() >= 0 and images.max() <= 1
    for own in facts:
        for words in captioning.sentences(own):
            assert captioning.facts_of(words) == own and captioning.errors(words, own) == 0
            assert set(words) <= set(captioning.WORDS) and len(words) < captioning.LONGEST
            assert bleu([words], [captioning.sentences(own)]) == 1
    assert captioning.errors(["a", "small", "a"], facts[0]) == 7
    wrong = [*captioning.sentences(facts[0])[0][:-1], "nothing"]
    assert captioning.errors(wrong, facts[0]) == 1


def test_errors_name_the_function_and_the_shapes():
    ones = np.ones((2, 3, 3))
    with pytest.raises(ValueError, match=r"q_targets: .*got \(3,\), \(2,\) and \(3, 2\)"):
        q_targets(np.ones(3), np.ones(2, bool), np.ones((3, 2)))
    with pytest.raises(ValueError, match="bleu: 1 candidates .* got 0"):
        bleu([["a"]], [])
    with pytest.raises(ValueError, match="style_loss.*target"):
        style_loss(ones, np.ones((3, 3)))
    with pytest.raises(ValueError, match="gram_matrix"):
        gram_matrix(ones[0])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_come_along(name):
    picture = photograph(name, 24, np.random.default_rng(0))
    assert picture.shape == (3, 24, 24) and 0 <= picture.min() < picture.max() <= 1


def test_colours_agree_after_matching():
    pictures = photograph("flower", 32), photograph("temple", 24)
    matched, content = (p.reshape(3, -1) for p in (match_colours(*pictures), pictures[1]))
    np.testing.assert_allclose(matched.mean(axis=1), content.mean(axis=1), atol=1e-5)
    np.testing.assert_allclose(np.cov(matched), np.cov(content), rtol=0.01)


def test_the_eye_sees_what_it_looks_at(eye):
    picture = photograph("cat", 48)
    seen = eye.see(picture)
    assert set(seen) == {*eye.style, eye.content}
    looked = eye.look(torch.tensor(picture), [eye.content])[eye.content]
    np.testing.assert_allclose(looked.detach().numpy(), seen[eye.content], atol=1e-5)
    assert not any(module._forward_hooks for module in eye.net.modules())


def test_the_gradient_of_an_answer_is_its_slope(eye):
    picture, layer = photograph("cat", 32), eye.deep[0]
    value, gradient = inceptionism.answer(eye, picture, layer)
    step = 1e-3 * gradient / np.linalg.norm(gradient)
    after, _ = inceptionism.answer(eye, picture + step, layer)
    assert after - value == pytest.approx(1e-3 * np.linalg.norm(gradient), rel=0.1)


def test_own_losses_change_the_picture(eye):
    """What a student has written is what paints."""
    content, other = photograph("temple", 32), photograph("coffee", 32)
    painted = style.transfer(content, other, eye, steps=3)
    assert not np.allclose(painted, content, atol=0.01)
    asleep = style.transfer(
        content,
        other,
        eye,
        steps=3,
        content_loss=lambda features, target: (1.0, np.zeros_like(features)),
        style_loss=lambda features, target: (1.0, np.zeros_like(features)),
    )
    np.testing.assert_allclose(asleep, content, atol=1e-6)
