# The determinant of the Fisher matrix of a mixture of two normals towards its singular set.
# gnuplot -c plots/singular-mixture.gp results/singular-mixture.h5 build/fisherfield plots/singular-mixture
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("", "mixture_determinant")

eval read("$DATA", table("mixture_determinant"))   # columns case, separation, proportion, sample_size, v, se, theory, sd, n
array separations[3] = [2, 0.5, 0.1]
at(separation, size, i, value) = separation == separations[i] && size == 10000 ? value : NaN

set datafile missing NaN   # lines go on over the other T

do for [format in "pdf png"] {
    eval begin(format, 7.5)
    set logscale xy
    set xrange [7e-4:1]
    set yrange [2e-9:300]
    set ytics 100
    unset mytics
    set format x "10^{%T}"
    set format y "10^{%T}"
    set xlabel "v μ"
    set ylabel "det G"
    set key top left
    set label 1 "T = 10^4\npoints: simulation\n± s.e." at graph 0.55,0.2
    plot for [i=1:3] $DATA using ($2*$3):(at($2, $4, i, $7)) with lines ls i notitle, \
         for [i=1:3] $DATA using ($2*$3):(at($2, $4, i, $2**4*$3**2/2)) with lines lc rgb "black" lw 1 dt (8,5) notitle, \
         for [i=1:3] $DATA using ($2*$3):(at($2, $4, i, $5)):6 with yerrorbars ls i title sprintf("μ = %g", separations[i]), \
         NaN with lines lc rgb "black" lw 1.6 title "quadrature", \
         NaN with lines lc rgb "black" lw 1 dt (8,5) title "v^2 μ^4 / 2"
}
