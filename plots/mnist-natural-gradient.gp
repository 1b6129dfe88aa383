# KO20: losses of natural gradient descent at the learning rate c/a against the number of steps, on MNIST.
# gnuplot -c plots/mnist-natural-gradient.gp results/mnist-natural-gradient.h5 build/fisherfield plots/mnist-natural-gradient
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("exact, layer, tridiagonal, kfac, unit, gradient", "train_loss test_loss")

eval read("$TRAIN", table("train_loss"))                    # columns case, rate, step, then v, se, theory, sd, n
eval read("$TEST",  table("test_loss"))
array names[6] = ["exact", "layer by layer", "tridiagonal blocks", "K-FAC", "unit by unit", "gradient"]
array rates[3] = [0.5, 1, 1.5]
shown(x) = x > 1e-6 ? x : 1e-6

do for [format in "pdf png"] {
    eval begin(format, 13)
    set multiplot layout 3,2 margins 0.19,0.97,0.09,0.87 spacing 0.03,0.025
    set logscale y
    set xrange [-0.3:4.3]
    set yrange [2e-6:30]
    set xtics 1
    do for [i=1:6] {
        if (i == 1) { set key at screen 0.97,0.995 maxrows 3 width -3 samplen 1.4 } else { unset key }
        set format y (i % 2 == 1 ? "10^{%T}" : "")
        set format x (i > 4 ? "%g" : "")
        if (i == 3) { set ylabel "loss" offset 0.5 } else { unset ylabel }
        if (i > 4) { set xlabel "steps" } else { unset xlabel }
        set label 1 names[i] at graph 0.94,(i == 6 ? 0.1 : 0.9) right
        plot for [r=1:3] $TRAIN index i-1 using ($2 == rates[r] ? $3 : NaN):(shown($6)) with lines ls r notitle, \
             for [r=1:3] $TEST index i-1 using ($2 == rates[r] ? $3 : NaN):(shown($6)) with lines ls r dt (4,3) lw 1 notitle, \
             for [r=1:3] $TEST index i-1 using ($2 == rates[r] ? $3 + 0.07 : NaN):4:5 with yerrorbars lc rgb "#777777" pt (r == 1 ? 6 : r == 2 ? 4 : 8) ps 0.4 notitle, \
             for [r=1:3] $TRAIN index i-1 using ($2 == rates[r] ? $3 - 0.07 : NaN):4:5 with yerrorbars ls r notitle, \
             for [r=1:3] keyentry with points ls r title sprintf("c = %g", rates[r]), \
             keyentry with lines lc "black" lw 1.6 title "training, theory", \
             keyentry with lines lc "black" lw 1 dt (4,3) title "test, theory", \
             keyentry with points lc rgb "#777777" pt 6 ps 0.4 title "test"
    }
    unset multiplot
}
