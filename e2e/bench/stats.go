package main

import (
	"math"
	"slices"
)

// median of at least one value; the input is not changed.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// interval is the 95 % confidence interval of the geometric mean of paired
// ratios: Student's t on their logarithms.
func interval(ratios []float64) (low, mean, high float64) {
	n := float64(len(ratios))
	var sum, squares float64
	for _, r := range ratios {
		sum += math.Log(r)
	}
	m := sum / n
	for _, r := range ratios {
		squares += (math.Log(r) - m) * (math.Log(r) - m)
	}
	if n < 2 {
		return ratios[0], ratios[0], ratios[0]
	}
	half := student(len(ratios)-1) * math.Sqrt(squares/(n-1)/n)
	return math.Exp(m - half), math.Exp(m), math.Exp(m + half)
}

// student is the 97.5 % quantile of Student's t distribution.
func student(freedom int) float64 {
	table := []float64{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131}
	if freedom <= len(table) {
		return table[freedom-1]
	}
	return 2.1 // 16 to 20 degrees; rounds are never more
}
