#include "CZSTD.h"
