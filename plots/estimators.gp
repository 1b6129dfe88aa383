# The Fisher matrix from n drawn outputs a sample: its largest eigenvalue over that of F, and the error of its trace.
# gnuplot -c plots/estimators.gp results/estimators.h5 build/fisherfield plots/estimators
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu", "fisher_eig_max estimator_eig_max estimator_trace estimator_trace_square_error")

# Columns case, outputs, draws, width, kind, 5 a variable (value, s.e., theory, …).
eval read("$LARGEST", table("fisher_eig_max estimator_eig_max"))
eval read("$TRACE",   table("estimator_trace estimator_trace_square_error"))
array names[4] = ["tanh, C = 1", "tanh, C = 10", "ReLU, C = 1", "ReLU, C = 10"]
# Index i/2 is the case; of a line, whether it is of series i.
mine(value, i, C, M, kind) = C == (i % 2 ? 10 : 1) && M == 1000 && kind eq "sampled" ? value : NaN
set datafile missing NaN

do for [format in "pdf png"] {
    eval begin(format, 12)
    set multiplot layout 2,1 margins 0.19,0.97,0.1,0.985 spacing 0.025
    set logscale xy
    set xrange [0.7:140]
    set format x ""
    unset xlabel

    set ylabel "λ_{max} of the estimate / of F"
    set format y "%g"
    set yrange [0.93:6]
    set ytics (1, 1.5, 2, 3, 4, 5)
    set key top right
    set label 1 "M = 1000, T = 30\nlines: theory to O(1/T)\npoints: simulation ± s.e." at graph 0.97,0.57 right
    plot 1 with lines lc "gray" lw 0.8 notitle, \
         for [i=0:3] $LARGEST index i/2 using (mine($3, i, $2, $4, strcol(5))):($13/$8) with lines ls i+1 notitle, \
         for [i=0:3] $LARGEST index i/2 using (mine($3, i, $2, $4, strcol(5))):($11/$6):($12/$6) with yerrorbars ls i+1 title names[i+1]

    set ylabel "relative error of the trace, r.m.s."
    set ytics autofreq
    set yrange [0.004:0.5]
    set format y "10^{%T}"
    unset key
    unset label 1
    set xlabel "outputs drawn a sample  n"
    set format x "%g"
    plot for [i=0:3] $TRACE index i/2 using (mine($3, i, $2, $4, strcol(5))):(sqrt($13)/$8) with lines ls i+1 lw (i < 2 ? 3.2 : 1.4), \
         for [i=0:3] $TRACE index i/2 using (1.05**(i < 2 ? -1 : 1)*mine($3, i, $2, $4, strcol(5))):(sqrt($11)/$6):(0.5*$12/$11*sqrt($11)/$6) with yerrorbars ls i+1
    unset multiplot
}
