#include "CConsoleAssets.h"

static const unsigned char index_html[] = {
#embed "assets/index.html"
};
static const unsigned char console_css[] = {
#embed "assets/console.css"
};
static const unsigned char console_js[] = {
#embed "assets/console.js"
};
static const unsigned char api_js[] = {
#embed "assets/api.js"
};
static const unsigned char dom_js[] = {
#embed "assets/dom.js"
};
static const unsigned char fleet_js[] = {
#embed "assets/views/fleet.js"
};
static const unsigned char metrics_js[] = {
#embed "assets/views/metrics.js"
};
static const unsigned char logs_js[] = {
#embed "assets/views/logs.js"
};
static const unsigned char dygraph_js[] = {
#embed "/usr/share/javascript/dygraphs/dygraph.min.js"
};
static const unsigned char dygraph_css[] = {
#embed "/usr/share/javascript/dygraphs/dygraph.min.css"
};

static const console_asset assets[] = {
    {"index.html", index_html, sizeof index_html},
    {"console.css", console_css, sizeof console_css},
    {"console.js", console_js, sizeof console_js},
    {"api.js", api_js, sizeof api_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"views/fleet.js", fleet_js, sizeof fleet_js},
    {"views/metrics.js", metrics_js, sizeof metrics_js},
    {"views/logs.js", logs_js, sizeof logs_js},
    {"vendor/dygraph.min.js", dygraph_js, sizeof dygraph_js},
    {"vendor/dygraph.min.css", dygraph_css, sizeof dygraph_css},
};

size_t console_asset_count(void) { return sizeof assets / sizeof assets[0]; }

console_asset console_asset_at(size_t index) { return assets[index]; }
