//go:build race

package lambdatest_test

const raceDetector = true
