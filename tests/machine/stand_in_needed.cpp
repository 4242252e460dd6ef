// A library that another needs.
extern "C" int stand_in_needed();
extern "C" int stand_in_needed() { return 41; }
