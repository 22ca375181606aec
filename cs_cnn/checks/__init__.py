"""One check per exercise: how its cases are drawn, what is right, what each mistake is called.

>>> from cs_cnn import checks
>>> checks.conv2d_forward(conv2d_forward)                      # your own function
>>> checks.conv2d_backward(conv2d_backward, conv2d_forward)    # the cache comes from your forward

A check has four callers: a student in JupyterLab, the judge when a class is graded, the test that
the reference passes and the test that every known mistake is caught. Nothing about it is secret but
the seed of the judge's hidden cases.
"""

from cs_cnn.checks.architectures import CROP_AND_SCALE as crop_and_scale
from cs_cnn.checks.architectures import FIRE_FORWARD as fire_forward
from cs_cnn.checks.architectures import NET_FORWARD as net_forward
from cs_cnn.checks.architectures import RESIDUAL_FORWARD as residual_forward
from cs_cnn.checks.architectures import TOP_CLASSES as top_classes
from cs_cnn.checks.architectures import VGG_PLAN as vgg_plan
from cs_cnn.checks.arithmetic import CONV_MACS as conv_macs
from cs_cnn.checks.arithmetic import CONV_PARAMETERS as conv_parameters
from cs_cnn.checks.arithmetic import OUTPUT_SIZE as output_size
from cs_cnn.checks.arithmetic import RECEPTIVE_FIELD as receptive_field
from cs_cnn.checks.by_hand import by_hand
from cs_cnn.checks.capstone import DIRAC_INIT as dirac_init
from cs_cnn.checks.capstone import LABEL_SMOOTHING_LOSS as label_smoothing_loss
from cs_cnn.checks.capstone import NESTEROV as nesterov
from cs_cnn.checks.capstone import ORTHOGONALISE as orthogonalise
from cs_cnn.checks.capstone import TRIANGLE as triangle
from cs_cnn.checks.capstone import VIEWS as views
from cs_cnn.checks.capstone import WHITENING_FILTERS as whitening_filters
from cs_cnn.checks.classification import SVM_LOSS as svm_loss
from cs_cnn.checks.classification import TWO_LAYER_BACKWARD as two_layer_backward
from cs_cnn.checks.conv import CONV2D_BACKWARD as conv2d_backward
from cs_cnn.checks.conv import CONV2D_FORWARD as conv2d_forward
from cs_cnn.checks.exercise import judging
from cs_cnn.checks.fast_layers import COL2IM as col2im
from cs_cnn.checks.fast_layers import IM2COL as im2col
from cs_cnn.checks.fast_layers import MAX_POOL2D_TILES as max_pool2d_tiles
from cs_cnn.checks.fast_layers import WINOGRAD_TILE as winograd_tile
from cs_cnn.checks.fast_layers_kernels import CONV2D_THREADS as conv2d_threads
from cs_cnn.checks.fast_layers_kernels import CONV2D_TILED as conv2d_tiled
from cs_cnn.checks.features import CELL_HISTOGRAMS as cell_histograms
from cs_cnn.checks.features import COLOUR_HISTOGRAM as colour_histogram
from cs_cnn.checks.features import ENCODE_WORDS as encode_words
from cs_cnn.checks.history import CD1_STEP as cd1_step
from cs_cnn.checks.history import DELTA_RULE as delta_rule
from cs_cnn.checks.history import LMS_EPOCH as lms_epoch
from cs_cnn.checks.history import PERCEPTRON_EPOCH as perceptron_epoch
from cs_cnn.checks.making import ASCENT_STEP as ascent_step
from cs_cnn.checks.making import BLEU as bleu
from cs_cnn.checks.making import CONTENT_LOSS as content_loss
from cs_cnn.checks.making import GRAM_MATRIX as gram_matrix
from cs_cnn.checks.making import MATCH_COLOURS as match_colours
from cs_cnn.checks.making import Q_TARGETS as q_targets
from cs_cnn.checks.making import STYLE_LOSS as style_loss
from cs_cnn.checks.normalization import BATCH_NORM_BACKWARD as batch_norm_backward
from cs_cnn.checks.normalization import BATCH_NORM_BACKWARD_GRAPH as batch_norm_backward_graph
from cs_cnn.checks.normalization import BATCH_NORM_FORWARD as batch_norm_forward
from cs_cnn.checks.normalization import FUSE_BATCH_NORM as fuse_batch_norm
from cs_cnn.checks.normalization import GROUP_NORM_BACKWARD as group_norm_backward
from cs_cnn.checks.normalization import GROUP_NORM_FORWARD as group_norm_forward
from cs_cnn.checks.optim import ADAM as adam
from cs_cnn.checks.optim import MOMENTUM as momentum
from cs_cnn.checks.pool import MAX_POOL2D_BACKWARD as max_pool2d_backward
from cs_cnn.checks.pool import MAX_POOL2D_FORWARD as max_pool2d_forward
from cs_cnn.checks.seeing import CONV_TRANSPOSE2D_FORWARD as conv_transpose2d_forward
from cs_cnn.checks.seeing import IOU as iou
from cs_cnn.checks.seeing import NMS as nms
from cs_cnn.checks.seeing import TRIPLET_LOSS as triplet_loss
from cs_cnn.checks.training import CHAIN_BACKWARD as chain_backward
from cs_cnn.checks.training import DROPOUT_FORWARD as dropout_forward
from cs_cnn.checks.training import EXPAND as expand
from cs_cnn.checks.training import KAIMING_NORMAL as kaiming_normal
from cs_cnn.checks.training import SHIFT_AND_FLIP as shift_and_flip
from cs_cnn.checks.training import WITH_WEIGHT_DECAY as with_weight_decay
from cs_cnn.checks.transfer import FINETUNE_STEP as finetune_step
from cs_cnn.checks.transfer import LEARNING_RATES as learning_rates
from cs_cnn.checks.transfer import MEAN_AND_INTERVAL as mean_and_interval
from cs_cnn.checks.transfer import NEAREST_MEAN as nearest_mean
from cs_cnn.checks.transfer import STANDARDISE as standardise

EXERCISES = {
    exercise.name: exercise
    for exercise in (
        perceptron_epoch,
        lms_epoch,
        delta_rule,
        cd1_step,
        svm_loss,
        momentum,
        adam,
        colour_histogram,
        cell_histograms,
        encode_words,
        two_layer_backward,
        output_size,
        conv_parameters,
        conv_macs,
        receptive_field,
        conv2d_forward,
        conv2d_backward,
        max_pool2d_forward,
        max_pool2d_backward,
        im2col,
        col2im,
        max_pool2d_tiles,
        winograd_tile,
        conv2d_threads,
        conv2d_tiled,
        kaiming_normal,
        chain_backward,
        expand,
        with_weight_decay,
        shift_and_flip,
        dropout_forward,
        batch_norm_forward,
        batch_norm_backward_graph,
        batch_norm_backward,
        fuse_batch_norm,
        group_norm_forward,
        group_norm_backward,
        net_forward,
        vgg_plan,
        fire_forward,
        residual_forward,
        crop_and_scale,
        top_classes,
        standardise,
        nearest_mean,
        learning_rates,
        finetune_step,
        mean_and_interval,
        iou,
        nms,
        conv_transpose2d_forward,
        triplet_loss,
        q_targets,
        bleu,
        ascent_step,
        content_loss,
        gram_matrix,
        style_loss,
        match_colours,
        whitening_filters,
        dirac_init,
        label_smoothing_loss,
        triangle,
        nesterov,
        orthogonalise,
        views,
    )
}

__all__ = ["EXERCISES", "by_hand", "judging", *EXERCISES]
