words <- commandArgs(trailingOnly = TRUE)
counts <- table(readLines(words[2]))
write.csv(as.data.frame(counts), words[4], row.names = FALSE)
