#pragma once

namespace till::crash {

/// From now on every database of this process is committed with synchronous=NORMAL, whatever it asks
/// for: the control of the power cuts, which must lose what was answered.
void commit_carelessly();

}  // namespace till::crash
