# KO20: losses of natural gradient descent at the learning rate c/a against the number of steps, on MNIST.
# gnuplot -c plots/mnist-natural-gradient.gp results/mnist-natural-gradient.h5 build/fisherfield plots/mnist-natural-gradient
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("exact, layer, tridiagonal, kfac, unit, gradient", "train_loss test_loss")

eval read("$TRAIN", table("train_loss"))                    # columns case, rate, step, then v, se, theory, sd, n
eval read("$TEST",  table("test_loss"))
array names[6] = ["exact", "layer by layer", "tridiagonal blocks", "K-FAC", "unit by unit", "gradient"]
array rates[3] = [0.5, 1, 1.5]
shown(x) = x > 1e-6 ? x : 1e-6

# The points of the three rates side by side, or c = 0.5 would lie under c = 1.5, whose line is the same.
beside(r) = 0.13 * (r - 2)

do for [format in "pdf png"] {
    eval begin(format, 14)
    set multiplot layout 3,2 margins 0.19,0.97,0.085,0.85 spacing 0.03,0.025
    set logscale y
    set xrange [-0.3:4.3]
    set yrange [2e-6:500]
    set xtics 1
    unset mxtics
    do for [i=1:6] {
        if (i == 1) { set key at screen 0.97,0.995 maxrows 4 width -3 samplen 1.4 } else { unset key }
        if (i == 1) { set label 2 sprintf("M = %d, T = 100; points side by side", quick ? 512 : 4096) at screen 0.97,0.869 right } else { unset label 2 }
        set format y (i % 2 == 1 ? "10^{%T}" : "")
        set format x (i > 4 ? "%g" : "")
        if (i == 3) { set ylabel "loss" offset 0.5 } else { unset ylabel }
        if (i > 4) { set xlabel "steps" } else { unset xlabel }
        set label 1 names[i] at graph 0.94,(i == 6 ? 0.1 : 0.9) right
        plot for [r=1:3] $TRAIN index i-1 using ($2 == rates[r] ? $3 : NaN):(shown($6)) with lines ls r lw (r == 1 ? 2.8 : 1) notitle, \
             for [r=1:3] $TEST index i-1 using ($2 == rates[r] ? $3 : NaN):(shown($6)) with lines ls r dt (4,3) lw (r == 1 ? 2 : 0.8) notitle, \
             for [r=1:3] $TEST index i-1 using ($2 == rates[r] ? $3 + beside(r) : NaN):4:5 with yerrorbars ls 10+r notitle, \
             for [r=1:3] $TRAIN index i-1 using ($2 == rates[r] ? $3 + beside(r) : NaN):4:5 with yerrorbars ls r notitle, \
             for [r=1:3] keyentry with points ls r title sprintf("c = %g", rates[r]), \
             keyentry with dots lc bgnd title " ", \
             keyentry with lines lc "black" lw 1.4 title "training, theory", \
             keyentry with lines lc "black" lw 0.9 dt (4,3) title "test, theory", \
             keyentry with points pt 7 ps 0.45 lc "black" title "training", \
             keyentry with points pt 6 ps 0.52 lw 0.8 lc "black" title "test"
    }
    unset multiplot
}
