"""The questions of notebook 05, fast layers."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "operations_and_bytes": Question(
        (36864, 4800),
        "The output has 8 * 8 * 8 numbers, each a dot product of 4 * 3 * 3 pairs; a pair is a "
        "multiplication and an addition. Memory: 4 bytes for each number of x, w and the output.",
        {
            (18432, 4800): "A multiplication and an addition are two operations.",
            (36864, 1200): "Those are numbers; a float32 takes 4 bytes.",
            (36864, 9600): "A float32 takes 4 bytes, not 8.",
            (9216, 4800): "A filter reaches through all 4 channels.",
            (57600, 6144): "There is no padding: the output is 8 x 8.",
            (36864, 2752): "The output is written to memory, too.",
        },
    ),
    "ridge_and_time": Question(
        (10, 50),
        "The ridge is peak divided by bandwidth. Computing takes operations / peak, memory takes "
        "bytes / bandwidth, and the slower of the two decides.",
        {
            (10, 20): "Computing takes 20 ms, but what does memory take? The slower one decides.",
            (10, 70): "Both go on at the same time: take the larger, not the sum.",
            (4, 50): "That is the layer's intensity; the ridge belongs to the machine.",
            (0.1, 50): "Operations per byte: peak divided by bandwidth.",
        },
    ),
    "columns": Question(
        (288, 1024, 9),
        "A column is a window, 32 * 3 * 3 numbers; there are 32 * 32 windows in an image; compare "
        "288 * 1024 with 32 * 32 * 32.",
        {
            (1024, 288, 9): "A window is a column: 288 rows, 1024 columns.",
            (288, 900, 9): "With padding 1 there is a window around every pixel.",
            (9, 1024, 9): "A window reaches through all 32 channels.",
            (288, 1024, 288): "Compare with the whole image, 32 * 32 * 32 numbers.",
        },
    ),
    "winograd_savings": Question(
        (16, 36, 4),
        "Per channel and filter: 4 x 4 numbers meet one to one; directly it is 2 * 2 outputs of 9 "
        "products. The larger tile: 6 x 6 numbers for 4 * 4 outputs.",
        {
            (4, 6, 4): "That is in one dimension; nested, each number is squared.",
            (16, 36, 2.25): "That is F(2x2, 3x3); the last question is about 4x4 outputs.",
            (36, 16, 4): "Winograd first: it takes fewer.",
            (16, 16, 4): "Directly, each of the 4 outputs takes 9 multiplications.",
        },
    ),
    "grid_of_threads": Question(
        (16, 2048, 548),
        "Across: 50 / 16 rounded up. Down: 30 / 8 rounded up. Each block has 16 * 8 threads, and "
        "30 * 50 of them have a pixel.",
        {
            (9, 1152, 0): "Round up: the last pixels need a block, too.",
            (12, 1536, 36): "50 / 16 = 3.1: three blocks across leave 2 columns without a thread.",
            (14, 1792, 292): "x counts columns: blocks are 16 wide and 8 high.",
            (16, 2048, 1500): "Those have a pixel; the others are asked for.",
        },
    ),
    "tile_loads": Question(
        (2304, 324),
        "One after the other: 16 * 16 threads read 9 pixels each. As a tile: all pixels that the "
        "windows touch, 16 + 3 - 1 in each direction, once.",
        {
            (2304, 256): "The windows at the rim reach beyond the block: one pixel on each side.",
            (2304, 289): "A window of 3 adds 2 to each side length: 16 + 3 - 1.",
            (2304, 361): "A window of 3 adds 2 to each side length: 16 + 3 - 1.",
            (256, 324): "Each thread reads the 9 pixels of its window.",
        },
    ),
}
