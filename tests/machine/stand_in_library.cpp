// A library that needs another.
extern "C" int stand_in_needed();
extern "C" int stand_in_answer() { return stand_in_needed() + 1; }
