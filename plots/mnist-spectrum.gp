# The nonzero eigenvalues of the Fisher matrix on MNIST, by rank, at two widths; lines are those of the mean-field kernel.
# gnuplot -c plots/mnist-spectrum.gp results/mnist-spectrum.h5 build/fisherfield plots/mnist-spectrum
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "fisher_eigenvalues fisher_eig_max_theory_kappa")

eval read("$DATA",  table("fisher_eigenvalues"))            # columns case, width, rank, then v, se, theory, sd, n
eval read("$KAPPA", table("fisher_eig_max_theory_kappa"))   # columns case, width, v
array cases[3] = ["tanh", "ReLU", "linear"]
array widths[2] = [1000, 4000]
shown(rank) = rank <= 10 || (rank <= 30 && int(rank) % 5 == 0) || int(rank) % 10 == 0

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.92 spacing 0.02
    set logscale xy
    set xrange [0.8:130]
    set yrange [2e-4:4]
    set xtics (1, 2, 5, 10, 20, 50, 100)
    set format y "10^{%T}"
    set format x ""
    do for [i=1:3] {
        if (i == 1) { set key at screen 0.94,0.99 maxrows 2 width -2 } else { unset key }
        if (i == 2) { set ylabel "eigenvalue / width  λ/M" } else { unset ylabel }
        if (i == 3) { set xlabel "rank"; set format x "%g" } else { unset xlabel }
        set label 1 cases[i] at graph 0.95,0.9 right
        if (i == 1) { set label 2 "MNIST, 0 and 7, T = 100\nlines: kernel of the images\npoints: simulation ± s.e." at graph 0.05,0.3 } else { unset label 2 }
        plot $DATA index i-1 using ($2 == widths[1] ? $3 : NaN):($6/$2) with lines ls i dt (4,3) notitle, \
             $DATA index i-1 using ($2 == widths[2] ? $3 : NaN):($6/$2) with lines ls i notitle, \
             $KAPPA index i-1 using ($2 == widths[1] ? 0.85 : NaN):($3/$2):(0.75):(0) with vectors nohead lc "black" lw 1.4 dt (4,3) notitle, \
             $KAPPA index i-1 using ($2 == widths[2] ? 0.85 : NaN):($3/$2):(0.75):(0) with vectors nohead lc "black" lw 1.4 notitle, \
             for [w=1:2] $DATA index i-1 using ($2 == widths[w] && shown($3) ? $3 : NaN):($4/$2):($5/$2) with yerrorbars ls (w == 1 ? 10+i : i) notitle, \
             keyentry with linespoints lc "black" pt 6 ps 0.52 lw 0.8 dt (4,3) title sprintf("M = %d", widths[1]), \
             keyentry with linespoints lc "black" pt 7 ps 0.45 lw 0.8 title sprintf("M = %d", widths[2]), \
             keyentry with lines lc "black" lw 2 title "λ_{max} from κ"
    }
    unset multiplot
}
