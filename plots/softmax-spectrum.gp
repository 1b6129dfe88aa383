# The eigenvalues of the Fisher matrix of softmax classification in order: C - 1 outliers, a bulk, and a tail that falls out
# of it. gnuplot -c plots/softmax-spectrum.gp results/softmax-spectrum.h5 build/fisherfield plots/softmax-spectrum
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "softmax_eigenvalues")

eval read("$DATA", table("softmax_eigenvalues"))   # columns case, width, rank, then v, se, theory, sd, n
array cases[3] = ["tanh", "ReLU", "linear"]
array widths[2] = [1000, 10000]
stats $DATA index 0 using ($6 > 0 ? $3 : NaN) nooutput name "RANK"

# Ranks 1 to 10, then some a decade.
shown(rank) = rank <= 10 || int(12 * log10(rank)) > int(12 * log10(rank - 1)) || rank == RANK_max
at(w, column) = $2 == widths[w] && shown($3) && column > 0 ? column / $2 : NaN

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.945 spacing 0.02
    set logscale xy
    set xrange [0.8:1.3*RANK_max]
    set yrange [2e-6:1]
    set ytics ("10^{-5}" 1e-5, "10^{-4}" 1e-4, "10^{-3}" 1e-3, "10^{-2}" 1e-2, "0.1" 0.1, "1" 1)
    set format x ""
    do for [i=1:3] {
        if (i == 1) { set key at screen 0.95,0.99 maxrows 1 width -1 } else { unset key }
        if (i == 2) { set ylabel "eigenvalue / width  λ/M" } else { unset ylabel }
        if (i == 3) { set xlabel "rank"; set format x "%g" } else { unset xlabel }
        set label 1 cases[i] at graph 0.04,0.1
        if (i == 1) { set label 2 sprintf("C = %d, T = 60\nlines: theory, M = %d\npoints: mean ± s.d. of networks", RANK_max / 60 + 1, widths[2]) at graph 0.04,0.43 } else { unset label 2 }
        plot $DATA index i-1 using 3:($2 == widths[2] && $6 > 0 ? $6/$2 : NaN) with lines ls i lw 1.2 notitle, \
             for [w=1:2] $DATA index i-1 using 3:(at(w, $4)):($4 > $7 ? ($4-$7)/$2 : 1e-9):(($4+$7)/$2) \
                 with yerrorbars ls i pt (w == 1 ? 6 : 7) ps (w == 1 ? 0.6 : 0.27) lw 0.7 notitle, \
             keyentry with lines lc "black" lw 1.2 title "theory", \
             keyentry with points lc "black" pt 6 ps 0.6 lw 0.7 title sprintf("M = %d", widths[1]), \
             keyentry with points lc "black" pt 7 ps 0.27 title sprintf("M = %d", widths[2])
    }
    unset multiplot
}
