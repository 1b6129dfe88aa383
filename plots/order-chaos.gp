# KAA19: the order parameters and the largest eigenvalue against the variance of the weights, across the boundary of order and
# chaos, at width 1000. gnuplot -c plots/order-chaos.gp results/order-chaos.h5 build/fisherfield plots/order-chaos
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("", "fisher_eig_mean fisher_eig_max")

# Columns case, depth, weight_variance, width, then kappa1, kappa2, alpha, m_λ, s_λ, λ_max; or 5 a variable.
at_theory(keys) = sprintf("%s theory experiments/order-chaos.yaml --set sweep.width='[1000]' --set sweep.weight_variance='%s' %s", \
                         program, "[0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.25, 2.5, 3, 3.5, 3.8, 4.1]", keys)
eval read("$THEORY", at_theory(""))
eval read("$DATA",   table("fisher_eig_mean fisher_eig_max"))
array depths[4] = [2, 4, 8, 16]
series(i, value) = $2 == depths[i] && $4 == 1000 ? value : NaN
# κ_1 = m_λ P/αM with P = (M + 1)((L − 1)M + 1) parameters and α = L − 1.
kappa1(c) = column(c) * 1001 * ((column(2) - 1) * 1000 + 1) / ((column(2) - 1) * 1000)
set datafile missing NaN

# The boundary is where χ_1 = σ_w² ∫Dz φ'(√q* z)² = 1 at the fixed point q* of the signals' variance. Deep in a network of 40 layers
# q has come to q*, and χ_1 is the ratio of the metrics' mean eigenvalues of one layer and the next (columns case, depth,
# weight_variance, width, kappa1, kappa2, alpha, layers 0 to 39). A straight line between the two values that have 1 between them.
boundary = NaN
last_chi = NaN
cross(x, chi) = (boundary = last_chi < 1 && chi >= 1 ? last_x + (x - last_x) * (1 - last_chi) / (chi - last_chi) : boundary, \
                 last_x = x, last_chi = chi, chi)
stats "< ".at_theory("--set sweep.depth='[40]' --set measure='[metric]'") using (cross($3, $28/$29)) nooutput

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.955 spacing 0.025
    set xrange [0.9:4.1]
    set xtics 1
    set logscale y
    set format y "10^{%T}"
    set format x ""
    unset xlabel
    set arrow 1 from boundary, graph 0 to boundary, graph 1 nohead lc "black" lw 0.9 dt (6,4)

    set ylabel "κ_1"
    set yrange [0.02:100]
    set key at graph 0.82,0.98 maxrows 2 width -1
    set label 1 "order" at boundary, graph 1.06 right offset -4,0
    set label 2 "χ_1 = 1" at boundary, graph 1.06 center
    set label 3 "chaos" at boundary, graph 1.06 left offset 4,0
    set label 4 "M = 1000, T = 100\nlines: theory\npoints: simulation ± s.e." at graph 0.97,0.24 right
    plot for [i=1:4] $THEORY using (series(i, $3)):5 with lines ls i notitle, \
         for [i=1:4] $DATA using (series(i, $3)):(kappa1(5)):(kappa1(6)) with yerrorbars ls i title sprintf("L = %d", depths[i])
    do for [l=1:4] { unset label l }

    set ylabel "κ_2"
    set yrange [0.004:0.15]
    unset key
    set label 1 "theory alone" at graph 0.97,0.9 right
    plot for [i=1:4] $THEORY using (series(i, $3)):6 with lines ls i
    unset label 1

    set ylabel "λ_{max} / M"
    set yrange [0.008:5]
    set xlabel "variance of the weights  σ_w²"
    set format x "%g"
    plot for [i=1:4] $THEORY using (series(i, $3)):($10/1000) with lines ls i, \
         for [i=1:4] $DATA using (series(i, $3)):($10/1000):($11/1000) with yerrorbars ls i
    unset arrow 1
    unset multiplot
}
