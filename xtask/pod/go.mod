// What runs in the pods of the tests' own.
module mindroom.chat/pod

go 1.26.0
