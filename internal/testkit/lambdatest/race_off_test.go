//go:build !race

package lambdatest_test

const raceDetector = false
