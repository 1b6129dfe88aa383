# KAA19's setting: the density of the nonzero eigenvalues of the Fisher matrix, at two widths.
# gnuplot -c plots/universal-spectrum.gp results/universal-spectrum.h5 build/fisherfield plots/universal-spectrum
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "fisher_eigenvalues fisher_eig_max fisher_centred_eig_max")

trials = "< ".table("--trials fisher_eigenvalues")           # columns case, width, trial, rank, eigenvalue
eval read("$RANKS",  table("fisher_eigenvalues"))            # columns case, width, rank, then v, se, theory, sd, n
eval read("$LIMITS", table("fisher_eig_max fisher_centred_eig_max"))   # columns case, width, 5 a variable
array cases[3] = ["tanh", "ReLU", "linear"]
array widths[2] = [1000, 10000]

# A histogram of λ/M: counts[b] is the sum over networks of their counts in bin b, squares[b] that of the squares. A network's
# eigenvalues come in order, those in one bin one after the other: c of them add 1 + 3 + 5 + … = c².
bins = 300
first = -2.3                     # log10 of the lower edge of bin 1
array steps[2] = [0.02, 0.01]    # log10 of a bin's ratio of edges, at each width
array counts[bins]
array squares[bins]
last_bin = 0
bin(x) = int((log10(x) - first) / step) + 1
add(b, trial) = (run = b == last_bin && trial == last_trial ? run + 1 : 1, last_bin = b, \
                 networks = networks + (trial != last_trial), last_trial = trial, \
                 counts[b] = counts[b] + 1, squares[b] = squares[b] + 2 * run - 1)
middle(b) = 10**(first + (b - 0.5) * step)
density(b) = networks > 0 ? counts[b] / networks / (step * log(10)) : 0
error(b) = sqrt((squares[b] / networks - (counts[b] / networks)**2) / (networks - 1)) / (step * log(10))

# A block for each case and width: bin, density, its ends of one standard error between networks.
set table $DENSITY
do for [i=1:3] {
    do for [w=1:2] {
        do for [b=1:bins] { counts[b] = 0; squares[b] = 0 }
        step = steps[w]
        networks = 0.0
        last_trial = -1
        stats trials index i-1 using ($2 == widths[w] && $5 > 0 ? add(bin($5 / $2), $3) : NaN) nooutput
        plot counts using (middle($1)):(density($1)):(error($1)) with yerrorbars
    }
}
unset table

# The kernel's spectrum is one eigenvalue a rank: its density, over 17 ranks of the bulk each.
span = 8
array logs[200]
set table $KERNEL
do for [i=1:3] {
    do for [w=1:2] {
        do for [r=1:200] { logs[r] = NaN }
        stats $RANKS index i-1 using ($2 == widths[w] && $3 > 1 ? (logs[int($3)] = log($6/$2), $3) : NaN) nooutput
        ranks = int(STATS_max)
        inside(r) = r >= 2 + span && r <= ranks - span
        plot logs using (inside($1) ? exp(logs[int($1)]) : NaN):(inside($1) ? 2*span/(logs[int($1)-span]-logs[int($1)+span]) : NaN) with lines
    }
}
unset table

low = 0.05
high = 2000
do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.92 spacing 0.02
    set logscale xy
    set xrange [0.008:1.6]
    set yrange [low:high]
    set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
    set format y "10^{%T}"
    set format x ""
    do for [i=1:3] {
        if (i == 1) { set key at screen 0.97,0.99 maxrows 2 width -3 } else { unset key }
        if (i == 2) { set ylabel "eigenvalues of a network per unit of ln λ" } else { unset ylabel }
        if (i == 3) { set xlabel "eigenvalue / width  λ/M"; set format x "%g" } else { unset xlabel }
        set label 1 cases[i] at graph 0.44,0.91 center
        if (i == 1) { set label 2 "T = 100\npoints ± s.e.\nand P − T zeros" at graph 0.43,0.75 center } else { unset label 2 }
        plot $LIMITS index i-1 using ($5/$2):(high) with impulses ls i lw 0.9 notitle, \
             $LIMITS index i-1 using ($10/$2):(high) with impulses ls i lw 0.9 dt (12,8) notitle, \
             for [w=1:2] $KERNEL index 2*(i-1)+w-1 using 1:2 with lines lc "black" lw 1.1 notitle, \
             for [w=1:2] $DENSITY index 2*(i-1)+w-1 using 1:2:($3 > low ? $3 : low):4 \
                 with yerrorbars ls (w == 1 ? 10+i : i) ps (i == 3 ? 0.55 : 0.42) lw 0.7 notitle, \
             keyentry with lines lc "black" lw 0.9 title "λ_{max}", \
             keyentry with lines lc "black" lw 0.9 dt (12,8) title "bulk, limit", \
             keyentry with lines lc "black" lw 1.1 title "bulk, kernel", \
             keyentry with points lc "black" pt 6 ps 0.5 lw 0.8 title sprintf("M = %d", widths[1]), \
             keyentry with points lc "black" pt 7 ps 0.45 title sprintf("M = %d", widths[2])
    }
    unset multiplot
}
