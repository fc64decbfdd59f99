// The one compiled copy of Boost.URL, which Boost 1.81 ships as source for such an inclusion.
#include <boost/url/src.hpp>
