# KO20: convergence of natural gradient descent at the learning rate c/a on Gaussian inputs, against steps and width.
# gnuplot -c plots/natural-gradient.gp results/natural-gradient.h5 build/fisherfield plots/natural-gradient
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("exact, layer, tridiagonal, kfac, unit", "train_loss loss_factor first_step_share")

eval read("$LOSS",  table("train_loss"))                        # columns case, width, rate, step, then v, se, theory, sd, n
eval read("$FIRST", table("loss_factor"))
# Of one c, so that lines are whole.
half = "< ".table("loss_factor")." | awk '$3 == 0.5 || NF == 0'"
one  = "< ".table("first_step_share")." | awk '$3 == 1 || NF == 0'"
array names[5] = ["exact", "layers", "tridiagonal", "K-FAC", "units"]
array rates[3] = [0.5, 1, 1.5]
stats $FIRST using 2 nooutput
M = STATS_max
least = STATS_min
shift(i) = 1.025**(i - 3)

do for [format in "pdf png"] {
    eval begin(format, 16)
    set multiplot
    set lmargin at screen 0.19
    set rmargin at screen 0.97

    set tmargin at screen 0.905
    set bmargin at screen 0.655
    set logscale y
    set format y "10^{%T}"
    set xrange [-0.3:4.3]
    set yrange [1e-6:10]
    set xtics 1
    set xlabel "steps" offset 0,0.5
    set ylabel "training loss"
    set key at screen 0.97,0.995 maxrows 3 width -2
    set label 1 sprintf("M = %d, T = 50", M) at graph 0.97,0.9 right
    set label 2 "c = 0.5" at 2.2,0.35
    set label 3 "c = 1" at 1.15,4e-4
    plot for [r=1:2] $LOSS index 0 using ($2 == M && $3 == rates[r] ? $4 : NaN):($7 > 1e-7 ? $7 : 1e-7) with lines lc "black" lw 1.2 notitle, \
         for [i=1:5] for [r=1:2] $LOSS index i-1 using ($2 == M && $3 == rates[r] ? $4 + 0.05*(i - 3) : NaN):5:6 with yerrorbars ls i notitle, \
         for [i=1:4] keyentry with points ls i title names[i], \
         keyentry with linespoints ls 5 lw 1.2 title names[5], \
         keyentry with lines lc "black" lw 1.2 title "theory"
    unset key
    unset label 1
    unset label 2
    unset label 3
    unset logscale y
    set format y "%g"
    set logscale x 2
    set xrange [least/1.3:M*1.3]
    set xtics (128, 256, 512, 1024, 2048, 4096)

    set tmargin at screen 0.565
    set bmargin at screen 0.325
    set yrange [0.2:0.35]
    set format x ""
    unset xlabel
    set ylabel "loss left, c = 0.5"
    plot half index 0 using 2:6 with lines lc "black" lw 1.2, half index 4 using 2:6 with lines ls 5 lw 1.2, \
         for [i=1:5] half index i-1 using ($2*shift(i)):4:5 with yerrorbars ls i

    set tmargin at screen 0.305
    set bmargin at screen 0.075
    set format x "%g"
    set yrange [0.75:1.05]
    set xlabel "width  M" offset 0,0.5
    set ylabel "error removed, c = 1"
    plot one index 0 using 2:6 with lines lc "black" lw 1.2, one index 4 using 2:6 with lines ls 5 lw 1.2, \
         for [i=1:5] one index i-1 using ($2*shift(i)):4:5 with yerrorbars ls i
    unset logscale x
    unset multiplot
}
