# LDRC20: where trainings end in the plane of mean condition and cumulative energy of the gradients of single samples, and how
# both depend on batch and learning rate. gnuplot -c plots/mnist-training-spectra.gp results/mnist-training-spectra.h5 build/fisherfield plots/mnist-training-spectra
call "plots/style.gp" ARG1 ARG2 ARG3
variables = "test_error spectrum_condition_mean spectrum_energy_cumulative"
eval need("16, 32, 64, 128, 256, 512, staged, adaptive-0.9, adaptive-0.95", variables)

# The last step of every training: case, learning rate, trial, step, test error, condition, energy; cases of one batch size are numbers.
ends = table("--trials ".variables)." | awk '$4 + 0 > 0 && $5 != \"nan\" {print $1, $2, $3, $4, $5, $6, $7}'"
kind(of) = ends.sprintf(" | awk '%s'", of)
fixed    = "< ".kind("$1 + 0 > 0")
staged   = "< ".kind("$1 == \"staged\"")
adaptive = "< ".kind("$1 ~ /^adaptive/")
# Means over trials that end with a test error below, by batch: batch, mean of ln C, its standard error, the same of ln L.
means(rate, below) = "< ".ends.sprintf(" | awk '$1 + 0 > 0 && $2 == %s && $5 < %g {n[$1]++; x = log($6); y = log($7); a[$1] += x; A[$1] += x*x; b[$1] += y; B[$1] += y*y} END {for (k in n) {m = n[k]; v = A[k]/m - (a[k]/m)^2; w = B[k]/m - (b[k]/m)^2; d = m > 1 ? m - 1 : 1; print k, a[k]/m, sqrt((v > 0 ? v : 0)/d), b[k]/m, sqrt((w > 0 ? w : 0)/d)}}' | sort -g", rate, below)

rates = system(ends." | awk '{print $2}' | sort -gu")
learning = system(ends." | awk '$1 + 0 > 0 && $5 < 0.2 {print $2}' | sort -gu")

# Lines are of networks that learned something, where any did.
learned = words(learning) > 0 ? 0.2 : 2
learning = words(learning) > 0 ? learning : rates

# Viridis without its yellow, which is hardly seen on white.
set palette defined (0 "#440154", 1 "#482878", 2 "#3E4989", 3 "#31688E", 4 "#26828E", 5 "#1F9E89", 6 "#35B779", 7 "#6DCD59")

do for [format in "pdf png"] {
    eval begin(format, 15)
    set colorbox
    set autoscale x
    set xtics autofreq
    set mxtics
    set multiplot
    set logscale xy
    set format xy "10^{%T}"
    set lmargin at screen 0.16
    set rmargin at screen 0.76
    set tmargin at screen 0.955
    set bmargin at screen 0.55
    set logscale cb
    set cbrange [0.06:0.2]
    set cbtics ("6 %%" 0.06, "7 %%" 0.07, "8 %%" 0.08, "10 %%" 0.1, "12 %%" 0.12, "15 %%" 0.15, "≥ 20 %%" 0.2)
    set label 1 "test error" at screen 0.86,0.981 center
    set xlabel "mean condition C" offset 0,0.4
    set ylabel "cumulative energy L" offset 0.8
    set key on inside bottom right samplen 0.8 spacing 1.15 maxrows auto width -1
    plot for [i=1:words(learning)] means(word(learning, i), learned) using (exp($2)):(exp($4)) with lines lc "#bbbbbb" lw 1 notitle, \
         fixed    using 6:7:5 with points pt 7 ps 0.45 lc palette notitle, \
         staged   using 6:7:5 with points pt 9 ps 0.75 lc palette notitle, \
         adaptive using 6:7:5 with points pt 13 ps 0.75 lc palette notitle, \
         keyentry with points pt 7 ps 0.45 lc "black" title "fixed batch", \
         keyentry with points pt 9 ps 0.75 lc "black" title "staged", \
         keyentry with points pt 13 ps 0.75 lc "black" title "adaptive", \
         keyentry with lines lc "#bbbbbb" lw 1 title "one η, mean"

    set tmargin at screen 0.395
    set bmargin at screen 0.085
    set xlabel "batch size B"
    set xtics (16, 64, 256)
    unset mxtics
    set xrange [12:680]
    set format x "%g"
    unset colorbox
    unset label 1
    set label 2 "η" at screen 0.16,0.4465
    do for [panel=1:2] {
        set lmargin at screen panel == 1 ? 0.16 : 0.67
        set rmargin at screen panel == 1 ? 0.48 : 0.98
        set ylabel panel == 1 ? "mean condition C" : "cumulative energy L" offset 0.6
        if (panel == 1) { set key on at screen 0.97,0.434 maxrows 1 samplen 1 width 1 } else { unset key }
        plot for [i=1:words(rates)] means(word(rates, i), 2) using 1:(exp($2*(panel==1)+$4*(panel==2))): \
                 (exp($2*(panel==1)+$4*(panel==2)-(panel==1?$3:$5))):(exp($2*(panel==1)+$4*(panel==2)+(panel==1?$3:$5))) \
                 with yerrorlines ls i lw 1 title word(rates, i)
    }
    unset label 2
    unset multiplot
}
