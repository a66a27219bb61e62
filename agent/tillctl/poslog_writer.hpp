#pragma once

#include "sync/wire/events.pb.h"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace till {

/// One transaction as the centre has it, for poslog_transaction().
struct PoslogSource {
    const tillstream::v1::Event& event;  ///< Of a RetailTransaction or a PostVoid.
    std::string number;                  ///< Receipt number, or the source's own.
    std::string customer;                ///< The centre's number of her; empty: nobody known.
};

/// Writes ARTS/NRF POSLog 6: the beginning of a document, its transactions one by one, its end. Amounts are
/// decimals of the transaction's currency; a return's quantity and amounts are positive, as POSLog has them.
/// tests/e2e/poslog.xsd is the part of the schema that is used. Memory: one transaction.
void poslog_begin(std::ostream& out);
void poslog_transaction(std::ostream& out, const PoslogSource& source);
void poslog_end(std::ostream& out);

}  // namespace till
