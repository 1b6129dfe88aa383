# KAA19: training loss on MNIST over width and learning rate, with minibatches; the line is the theory of all samples at once.
# gnuplot -c plots/mnist-learning-rate.gp results/mnist-learning-rate.h5 build/fisherfield plots/mnist-learning-rate
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "train_loss diverged critical_rate_theory")

# The loss after the training over that before; columns case, width, learning rate, the ratio, share of trials that diverged,
# number of trials.
all = "< ".table("train_loss diverged")
stats all using 4 name "S" nooutput
eval read("$DATA", sprintf("%s | awk -F'\t' '!NF {print \"\"} $4 == 0 {start = $5} $4 == %d {print $1, $2, $3, $5/start, $10, $14}'", all[3:], int(S_max)))
eval read("$THEORY", table("critical_rate_theory"))   # columns case, width, learning rate, η_c
set datafile missing NaN
array cases[3] = ["tanh", "ReLU", "linear"]

# Cells reach half-way to the next ones, on logarithmic axes.
stats $DATA index 0 using 2:3 name "D" nooutput
stats $DATA index 0 using ($2 > D_min_x ? $2 : NaN) name "W" nooutput
stats $DATA index 0 using ($3 > D_min_y ? $3 : NaN) name "R" nooutput
dw = sqrt(W_min / D_min_x)
dr = sqrt(R_min / D_min_y)
# A little further up and right, or background shines through between them.
right = dw * 1.004
up = dr * 1.012
stats $DATA using 6 name "N" nooutput

set palette defined (0 "#440154", 1 "#482878", 2 "#3E4989", 3 "#31688E", 4 "#26828E", 5 "#1F9E89", 6 "#35B779", 7 "#6DCD59", \
                     8 "#B4DE2C", 9 "#FDE725")

samples = quick ? 200 : 1000
batch = quick ? 50 : 100

do for [format in "pdf png"] {
    eval begin(format, 16)
    set multiplot layout 3,1 margins 0.17,0.77,0.075,0.91 spacing 0.025
    set logscale xy
    set logscale cb
    set cbrange [1e-2:1]
    set format cb "10^{%T}"
    set style fill solid 1 noborder
    set style textbox opaque noborder
    set xrange [D_min_x/dw:D_max_x*dw]
    set yrange [D_min_y/dr:D_max_y*dr]
    set xtics (50, "" 71, 100, "" 141, 200, "" 283, 400, "" 566, 800) out
    set ytics out
    set format y "10^{%T}"
    set format x ""
    do for [i=1:3] {
        if (i == 1) { set key at screen 0.95,0.995 right top maxrows 2 width -2 samplen 1.2 } else { unset key }
        if (i == 2) { set ylabel "learning rate  η" offset 0.5 } else { unset ylabel }
        if (i == 3) { set xlabel "width  M"; set format x "%g" } else { unset xlabel }
        if (i == 2) { set colorbox user origin 0.8,0.3 size 0.035,0.4 } else { unset colorbox }
        if (i == 2) { set label 2 sprintf("loss after %d steps / loss before", int(S_max)) at screen 0.975,0.5 center rotate } else { unset label 2 }
        set label 1 cases[i] at graph 0.06,0.09 left front boxed
        plot $DATA index i-1 using 2:3:($2/dw):($2*right):($3/dr):($3*up) with boxxyerror lc rgb "#B0B0B0" notitle, \
             $DATA index i-1 using ($5 < 0.5 ? $2 : NaN):3:($2/dw):($2*right):($3/dr):($3*up):4 with boxxyerror lc palette notitle, \
             $DATA index i-1 using 2:3:($5 > 0 && $5 < 1 ? 0.3 : 0) with points pt 2 ps variable lc "black" notitle, \
             $THEORY index i-1 using ($3 == D_min_y ? $2 : NaN):4 with lines lc rgb "#D55E00" lw 2.4 dt (5,3) notitle, \
             keyentry with lines lc rgb "#D55E00" lw 2.4 dt (5,3) title "η_c, full batch", \
             keyentry with boxes lc rgb "#B0B0B0" title "most diverged", \
             keyentry with points pt 2 ps 0.3 lc "black" title sprintf("some of %d diverged", int(N_max)), \
             keyentry with dots lc bgnd title sprintf("T = %d, B = %d", samples, batch)
    }
    unset multiplot
}
