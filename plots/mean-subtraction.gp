# KAA21, KAA19b: the learning rates up to which gradient descent is stable with outputs as they are, with their mean over the samples
# subtracted, and divided by their standard deviation too; what that gains, and the loss at half of each.
# gnuplot -c plots/mean-subtraction.gp results/mean-subtraction.h5 build/fisherfield plots/mean-subtraction
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu", "initial_eig_max stability_boundary train_loss")

# Columns case, normalization, width, then 5 of the boundary; over that of the outputs as they are: case, normalization, width, then the
# ratio of the boundaries, its standard error, and theory; with normalization, width, step, then 5 of the loss.
eval read("$DATA", table("stability_boundary"))
eval read("$GAIN", table("stability_boundary")." | awk -F'\t' '!NF {print \"\"} $2 == \"none\" {b[$1,$3] = $4; e[$1,$3] = $5/$4; t[$1,$3] = $6} " \
    ."$2 == \"mean\" || $2 == \"batch\" {g = $4/b[$1,$3]; print $1, $2, $3, g, g*sqrt(e[$1,$3]^2 + ($5/$4)^2), $6/t[$1,$3]}'")
eval read("$LOSS", table("train_loss"))
stats $DATA index 0 using 3 name "M" nooutput
stats $LOSS index 0 using 4 name "S" nooutput
of(kind, value) = strcol(2) eq kind ? value : NaN
# Points of one width stand a little apart.
apart(k, x) = x*(1 + 0.035*(k - 2))
array cases[2] = ["tanh", "ReLU"]
array kinds[3] = ["none", "mean", "batch"]
array names[3] = ["as they are", "mean subtracted", "and divided by deviation"]
style(i, k) = i == 1 ? k : 10 + k # open markers of the second case

do for [format in "pdf png"] {
    eval begin(format, 16)
    set multiplot layout 3,1 margins 0.19,0.97,0.075,0.985 spacing 0.075
    set logscale xy
    set xrange [M_min*0.85:M_max*1.18]
    set xtics (30, 50, 80, 100, 200, 400, 800)
    unset xlabel
    set ylabel "largest stable learning rate"
    set format y "10^{%T}"
    set yrange [5e-5:4]
    set key at graph 0.03,0.29 left maxrows 3
    set label 1 "outputs" at graph 0.04,0.335
    set label 2 "filled: tanh,  open: ReLU\nlines: theory (dashed: ReLU)" at graph 0.97,0.95 right
    plot for [i=1:2] for [k=1:3] $DATA index i-1 using (of(kinds[k], $3)):6 with lines ls k dt i notitle, \
         for [i=1:2] for [k=1:3] $DATA index i-1 using (of(kinds[k], apart(k, $3))):4:5 with yerrorbars ls style(i, k) \
             title (i == 1 ? names[k] : "")
    unset label 1
    unset label 2
    unset key

    set ylabel "gain over outputs as they are"
    set format y "%g"
    unset logscale y
    set yrange [0:25]
    set xlabel "width  M" offset 0,0.4
    plot for [i=1:2] for [k=2:3] $GAIN index i-1 using (of(kinds[k], $3)):6 with lines ls k dt i, \
         for [i=1:2] for [k=2:3] $GAIN index i-1 using (of(kinds[k], apart(k, $3))):4:5 with yerrorbars ls style(i, k)

    unset logscale x
    set logscale y
    set xrange [-0.02*S_max:1.02*S_max]
    set xtics auto
    set format y "10^{%T}"
    set yrange [1e-6:10]
    set ylabel "training loss"
    set xlabel "step" offset 0,0
    set label 1 sprintf("M = %d,  η = η_c/2 of each", int(M_max)) at graph 0.97,0.9 right
    plot for [i=1:2] for [k=1:3] $LOSS index i-1 using (of(kinds[k], $3 == M_max ? $4 : NaN)):7 with lines ls k dt i, \
         for [i=1:2] for [k=1:3] $LOSS index i-1 using (of(kinds[k], $3 == M_max && int($4) % 2 == 0 ? $4 : NaN)):5:6 with yerrorbars ls style(i, k)
    unset label 1
    unset multiplot
}
